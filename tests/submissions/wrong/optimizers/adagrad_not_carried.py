# functions: adagrad
# wrong: adagrad
# about: the sum starts anew at every step
import numpy as np


def adagrad(w, g, state, lr, eps):
    s = np.zeros_like(w)
    s = s + g * g
    state["s"] = s
    return w - lr * g / (np.sqrt(s) + eps), state
