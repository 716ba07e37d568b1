# functions: adagrad
# wrong: adagrad
# about: divides by the sum before the update
import numpy as np


def adagrad(w, g, state, lr, eps):
    s = state.get("s", np.zeros_like(w))
    new_w = w - lr * g / (np.sqrt(s) + eps)
    state["s"] = s + g**2
    return new_w, state
