# functions: rmsprop
# wrong: rmsprop
# about: divides by the average of the squares
import numpy as np


def rmsprop(w, g, state, lr, beta, eps):
    s = state["s"] = beta * state.get("s", 0) + (1 - beta) * g**2
    return w - lr * g / (s + eps), state
