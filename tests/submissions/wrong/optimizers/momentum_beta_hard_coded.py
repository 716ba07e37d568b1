# functions: momentum
# wrong: momentum
# about: uses 0.9 whatever beta is
import numpy as np


def momentum(w, g, state, lr, beta):
    v = 0.9 * state.get("v", 0) + 0.1 * g
    state["v"] = v
    return w - lr * v, state
