# functions: adamw
# wrong: adamw
# about: decays the parameters after the update, not the old ones
import numpy as np


def adamw(w, g, state, lr, beta1, beta2, eps, decay):
    t = state["t"] = state.get("t", 0) + 1
    m = state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * g
    v = state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * g**2
    update = (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    w = w - lr * update
    return w - lr * decay * w, state
