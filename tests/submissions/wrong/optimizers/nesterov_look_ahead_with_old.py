# functions: nesterov
# wrong: nesterov
# about: beta * old where beta * new belongs
import numpy as np


def nesterov(w, g, state, lr, beta):
    old = state.get("v", np.zeros_like(w))
    new = beta * old - lr * g
    state["v"] = new
    return w + beta * old + new, state
