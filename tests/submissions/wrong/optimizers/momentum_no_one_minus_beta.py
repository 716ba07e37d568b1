# functions: momentum
# wrong: momentum
# about: v = beta * v + g
import numpy as np


def momentum(w, g, state, lr, beta):
    v = beta * state.get("v", np.zeros_like(w)) + g
    state["v"] = v
    return w - lr * v, state
