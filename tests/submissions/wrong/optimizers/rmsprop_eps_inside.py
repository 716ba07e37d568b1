# functions: rmsprop
# wrong: rmsprop
# about: eps inside the root
import numpy as np


def rmsprop(w, g, state, lr, beta, eps):
    s = state["s"] = beta * state.get("s", 0) + (1 - beta) * g**2
    return w - lr * g / np.sqrt(s + eps), state
