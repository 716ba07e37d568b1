# functions: adagrad
# wrong: adagrad
# about: adds up
import numpy as np


def adagrad(w, g, state, lr, eps):
    state["s"] = state.get("s", 0) + np.abs(g)
    return w - lr * g / (np.sqrt(state["s"]) + eps), state
