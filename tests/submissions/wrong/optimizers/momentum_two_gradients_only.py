# functions: momentum
# wrong: momentum
# about: keeps only the last gradient: wrong from the third step
import numpy as np


def momentum(w, g, state, lr, beta):
    last = state.get("last", np.zeros_like(w))
    v = (1 - beta) * (g + beta * last)
    state["last"] = g.copy()
    return w - lr * v, state
