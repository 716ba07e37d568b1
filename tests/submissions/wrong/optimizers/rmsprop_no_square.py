# functions: rmsprop
# wrong: rmsprop
# about: averages
import numpy as np


def rmsprop(w, g, state, lr, beta, eps):
    s = state["s"] = beta * state.get("s", 0) + (1 - beta) * np.abs(g)
    return w - lr * g / (np.sqrt(s) + eps), state
