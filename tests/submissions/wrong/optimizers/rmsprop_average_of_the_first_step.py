# functions: rmsprop
# wrong: rmsprop
# about: stores the average at the first step only
import numpy as np


def rmsprop(w, g, state, lr, beta, eps):
    if "s" not in state:
        state["s"] = (1 - beta) * g**2
    else:
        s = beta * state["s"] + (1 - beta) * g**2
        return w - lr * g / (np.sqrt(s) + eps), state
    return w - lr * g / (np.sqrt(state["s"]) + eps), state
