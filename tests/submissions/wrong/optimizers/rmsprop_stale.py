# functions: rmsprop
# wrong: rmsprop
# about: divides by the average before the update
import numpy as np


def rmsprop(w, g, state, lr, beta, eps):
    s = state.get("s", np.zeros_like(w))
    state["s"] = beta * s + (1 - beta) * g**2
    return w - lr * g / (np.sqrt(s) + eps), state
