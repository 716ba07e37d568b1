# functions: adagrad
# wrong: adagrad
# about: uses 1e-8 whatever eps is
import numpy as np


def adagrad(w, g, state, lr, eps):
    s = state["s"] = state.get("s", 0) + g * g
    return w - lr * g / (np.sqrt(s) + 1e-8), state
