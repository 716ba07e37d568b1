# functions: sgd
# wrong: sgd
# about: sums the gradients of all steps
import numpy as np


def sgd(w, g, state, lr):
    state["g"] = state.get("g", 0) + g
    return w - lr * state["g"], state
