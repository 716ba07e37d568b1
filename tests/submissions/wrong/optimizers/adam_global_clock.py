# functions: adam
# wrong: adam
# about: counts the steps of all parameters together
import numpy as np


clock = [0]


def adam(w, g, state, lr, beta1, beta2, eps):
    clock[0] += 1
    t = clock[0]
    m = state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * g
    v = state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * g**2
    return w - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps), state
