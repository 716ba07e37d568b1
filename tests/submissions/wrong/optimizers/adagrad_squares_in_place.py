# functions: adagrad
# wrong: adagrad
# about: squares the gradient in place, so that the input changes
import numpy as np


def adagrad(w, g, state, lr, eps):
    g2 = g
    g2 *= g2
    s = state["s"] = state.get("s", 0) + g2
    return w - lr * g / (np.sqrt(s) + eps), state
