# functions: momentum
# wrong: momentum
# about: the velocity is kept as an array of integers
import numpy as np


def momentum(w, g, state, lr, beta):
    v = state.setdefault("v", np.zeros(w.shape, dtype=int))
    state["v"] = (beta * v + (1 - beta) * g).astype(int)
    return w - lr * state["v"], state
