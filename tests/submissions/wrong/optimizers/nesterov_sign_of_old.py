# functions: nesterov
# wrong: nesterov
# about: adds beta * old in place of subtracting it
import numpy as np


def nesterov(w, g, state, lr, beta):
    old = state.get("v", np.zeros_like(w))
    new = beta * old - lr * g
    state["v"] = new
    return w + beta * old + (1 + beta) * new, state
