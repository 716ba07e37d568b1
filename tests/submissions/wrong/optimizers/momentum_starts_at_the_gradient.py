# functions: momentum
# wrong: momentum
# about: the velocity starts at the first gradient, not at zero
import numpy as np


def momentum(w, g, state, lr, beta):
    if "v" not in state:
        state["v"] = g.copy()
    else:
        state["v"] = beta * state["v"] + (1 - beta) * g
    return w - lr * state["v"], state
