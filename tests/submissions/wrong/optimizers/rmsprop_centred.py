# functions: rmsprop
# wrong: rmsprop
# about: subtracts the squared mean of the gradient, as the centred variant does
import numpy as np


def rmsprop(w, g, state, lr, beta, eps):
    s = state["s"] = beta * state.get("s", 0) + (1 - beta) * g**2
    m = state["m"] = beta * state.get("m", 0) + (1 - beta) * g
    return w - lr * g / (np.sqrt(np.maximum(s - m**2, 0)) + eps), state
