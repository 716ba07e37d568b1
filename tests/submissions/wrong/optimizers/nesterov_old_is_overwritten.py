# functions: nesterov
# wrong: nesterov
# about: the old velocity is updated in place before it is used
import numpy as np


def nesterov(w, g, state, lr, beta):
    if "v" not in state:
        state["v"] = np.zeros(w.shape)
    old = state["v"]
    new = state["v"]
    new *= beta
    new -= lr * g
    return w - beta * old + (1 + beta) * new, state
