# functions: adam
# wrong: adam
# about: moments live in a default argument that all parameters share
import numpy as np


def _fresh(w, zeros={}):
    if w.shape not in zeros:
        zeros[w.shape] = np.zeros(w.shape), np.zeros(w.shape)
    m, v = zeros[w.shape]
    return {"t": 0, "m": m, "v": v}


def adam(w, g, state, lr, beta1, beta2, eps):
    if not state:
        state = dict(_fresh(w))
    state["t"] += 1
    state["m"][...] = beta1 * state["m"] + (1 - beta1) * g
    state["v"][...] = beta2 * state["v"] + (1 - beta2) * g**2
    m, v = state["m"] / (1 - beta1 ** state["t"]), state["v"] / (1 - beta2 ** state["t"])
    return w - lr * m / (np.sqrt(v) + eps), state
