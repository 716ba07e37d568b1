# functions: rmsprop
# wrong: rmsprop
# about: corrects the bias as Adam does
import numpy as np


def rmsprop(w, g, state, lr, beta, eps):
    t = state["t"] = state.get("t", 0) + 1
    s = state["s"] = beta * state.get("s", 0) + (1 - beta) * g**2
    return w - lr * g / (np.sqrt(s / (1 - beta**t)) + eps), state
