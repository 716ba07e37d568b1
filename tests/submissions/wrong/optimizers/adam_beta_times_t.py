# functions: adam
# wrong: adam
# about: beta * t in place of beta ** t
import numpy as np


def adam(w, g, state, lr, beta1, beta2, eps):
    t = state["t"] = state.get("t", 0) + 1
    m = state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * g
    v = state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * g**2
    with np.errstate(all="ignore"):
        m_hat = m / (1 - beta1 * t)
        v_hat = v / (1 - beta2 * t)
        return w - lr * m_hat / (np.sqrt(v_hat) + eps), state
