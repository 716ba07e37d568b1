# functions: nesterov
# wrong: nesterov
# about: the term with the old velocity is missing
import numpy as np


def nesterov(w, g, state, lr, beta):
    v = beta * state.get("v", np.zeros_like(w)) - lr * g
    state["v"] = v
    return w + (1 + beta) * v, state
