# functions: adam
# wrong: adam
# about: the power of beta is squared, not multiplied, at each step: wrong from the third step
import numpy as np


def adam(w, g, state, lr, beta1, beta2, eps):
    if not state:
        state.update(m=0.0, v=0.0, p1=beta1, p2=beta2)
    else:
        state["p1"] **= 2
        state["p2"] **= 2
    state["m"] = beta1 * state["m"] + (1 - beta1) * g
    state["v"] = beta2 * state["v"] + (1 - beta2) * g * g
    m_hat, v_hat = state["m"] / (1 - state["p1"]), state["v"] / (1 - state["p2"])
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), state
