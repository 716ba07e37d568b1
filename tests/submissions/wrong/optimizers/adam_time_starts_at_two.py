# functions: adam
# wrong: adam
# about: increments t twice before the first correction
import numpy as np


def adam(w, g, state, lr, beta1, beta2, eps):
    t = state.get("t", 1) + 1
    m = beta1 * state.get("m", 0) + (1 - beta1) * g
    v = beta2 * state.get("v", 0) + (1 - beta2) * g**2
    step = m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return w - lr * step, {"t": t, "m": m, "v": v}
