# functions: adamw
# wrong: adamw
# about: decay * w is added to the corrected first moment
import numpy as np


def adamw(w, g, state, lr, beta1, beta2, eps, decay):
    t = state["t"] = state.get("t", 0) + 1
    m = state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * g
    v = state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * g**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return w - lr * (m_hat + decay * w) / (np.sqrt(v_hat) + eps), state
