# functions: momentum
# wrong: momentum
# about: (1 - beta) * v + beta * g
import numpy as np


def momentum(w, g, state, lr, beta):
    v = (1 - beta) * state.get("v", np.zeros_like(w)) + beta * g
    state["v"] = v
    return w - lr * v, state
