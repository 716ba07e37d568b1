# functions: nesterov
# wrong: nesterov
# about: the velocity carries (1 - beta) as in the averaged momentum
import numpy as np


def nesterov(w, g, state, lr, beta):
    old = state.get("v", np.zeros_like(w))
    new = beta * old - lr * (1 - beta) * g
    state["v"] = new
    return w - beta * old + (1 + beta) * new, state
