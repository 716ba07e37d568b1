# functions: momentum
# wrong: momentum
# about: the velocity is computed but never stored
import numpy as np


def momentum(w, g, state, lr, beta):
    v = state.get("v", np.zeros_like(w))
    v = beta * v + (1 - beta) * g
    return w - lr * v, state
