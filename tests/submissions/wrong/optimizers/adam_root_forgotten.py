# functions: adam
# wrong: adam
# about: divides by the second moment itself
import numpy as np


def adam(w, g, state, lr, beta1, beta2, eps):
    t = state["t"] = state.get("t", 0) + 1
    m = state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * g
    v = state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * g**2
    return w - lr * (m / (1 - beta1**t)) / (v / (1 - beta2**t) + eps), state
