# functions: rmsprop
# wrong: rmsprop
# about: beta * s + g^2
import numpy as np


def rmsprop(w, g, state, lr, beta, eps):
    s = state["s"] = beta * state.get("s", 0) + g**2
    return w - lr * g / (np.sqrt(s) + eps), state
