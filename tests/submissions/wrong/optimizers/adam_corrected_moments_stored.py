# functions: adam
# wrong: adam
# about: the corrected moments are stored and averaged again
import numpy as np


def adam(w, g, state, lr, beta1, beta2, eps):
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", 0) + (1 - beta1) * g
    v = beta2 * state.get("v", 0) + (1 - beta2) * g**2
    m = m / (1 - beta1**t)
    v = v / (1 - beta2**t)
    return w - lr * m / (np.sqrt(v) + eps), {"t": t, "m": m, "v": v}
