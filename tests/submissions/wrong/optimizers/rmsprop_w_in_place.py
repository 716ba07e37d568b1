# functions: rmsprop
# wrong: rmsprop
# about: changes w in place
import numpy as np


def rmsprop(w, g, state, lr, beta, eps):
    s = state["s"] = beta * state.get("s", 0) + (1 - beta) * g**2
    w -= lr * g / (np.sqrt(s) + eps)
    return w, state
