# functions: sgd
# wrong: sgd
# about: the learning rate shrinks with the step count
import numpy as np


def sgd(w, g, state, lr):
    t = state.get("t", 0)
    state["t"] = t + 1
    return w - lr / (1 + 0.01 * t) * g, state
