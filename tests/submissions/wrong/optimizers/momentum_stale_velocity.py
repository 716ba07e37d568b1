# functions: momentum
# wrong: momentum
# about: moves by the velocity before its update
import numpy as np


def momentum(w, g, state, lr, beta):
    v = state.get("v", np.zeros_like(w))
    new_w = w - lr * v
    state["v"] = beta * v + (1 - beta) * g
    return new_w, state
