# functions: adam
# wrong: adam
# about: the correction uses t - 1, kept from dividing by zero at the first step
import numpy as np


def adam(w, g, state, lr, beta1, beta2, eps):
    t = state.get("t", 0)
    m = beta1 * state.get("m", 0) + (1 - beta1) * g
    v = beta2 * state.get("v", 0) + (1 - beta2) * g**2
    m_hat = m / (1 - beta1 ** max(t, 1))
    v_hat = v / (1 - beta2 ** max(t, 1))
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t + 1, "m": m, "v": v}
