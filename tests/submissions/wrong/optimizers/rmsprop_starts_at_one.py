# functions: rmsprop
# wrong: rmsprop
# about: the average starts at one
import numpy as np


def rmsprop(w, g, state, lr, beta, eps):
    s = state["s"] = beta * state.get("s", np.ones_like(w)) + (1 - beta) * g**2
    return w - lr * g / (np.sqrt(s) + eps), state
