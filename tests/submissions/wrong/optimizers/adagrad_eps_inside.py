# functions: adagrad
# wrong: adagrad
# about: eps inside the root
import numpy as np


def adagrad(w, g, state, lr, eps):
    state["s"] = state.get("s", 0) + g**2
    return w - lr * g / np.sqrt(state["s"] + eps), state
