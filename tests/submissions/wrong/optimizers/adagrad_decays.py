# functions: adagrad
# wrong: adagrad
# about: the sum decays by 0.9 as in RMSProp
import numpy as np


def adagrad(w, g, state, lr, eps):
    state["s"] = 0.9 * state.get("s", 0) + 0.1 * g**2
    return w - lr * g / (np.sqrt(state["s"]) + eps), state
