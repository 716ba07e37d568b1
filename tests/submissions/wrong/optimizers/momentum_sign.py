# functions: momentum
# wrong: momentum
# about: beta * v - (1 - beta) * g, subtracted
import numpy as np


def momentum(w, g, state, lr, beta):
    v = beta * state.get("v", np.zeros_like(w)) - (1 - beta) * g
    state["v"] = v
    return w - lr * v, state
