# functions: nesterov
# wrong: nesterov
# about: stores the step in place of the velocity
import numpy as np


def nesterov(w, g, state, lr, beta):
    old = state.get("v", np.zeros_like(w))
    new = beta * old - lr * g
    delta = -beta * old + (1 + beta) * new
    state["v"] = delta
    return w + delta, state
