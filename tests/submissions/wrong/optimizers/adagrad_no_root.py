# functions: adagrad
# wrong: adagrad
# about: divides by the sum of squares
import numpy as np


def adagrad(w, g, state, lr, eps):
    state["s"] = state.get("s", 0) + g**2
    return w - lr * g / (state["s"] + eps), state
