# functions: adagrad
# wrong: adagrad
# about: one sum for the whole array
import numpy as np


def adagrad(w, g, state, lr, eps):
    state["s"] = state.get("s", 0) + np.sum(g**2)
    return w - lr * g / (np.sqrt(state["s"]) + eps), state
