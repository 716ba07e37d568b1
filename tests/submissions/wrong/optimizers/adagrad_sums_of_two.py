# functions: adagrad
# wrong: adagrad
# about: the sum has only the last two squares: wrong from the third step
import numpy as np


def adagrad(w, g, state, lr, eps):
    last = state.get("g2", 0)
    state["g2"] = g**2
    return w - lr * g / (np.sqrt(last + g**2) + eps), state
