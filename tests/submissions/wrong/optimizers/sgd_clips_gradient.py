# functions: sgd
# wrong: sgd
# about: clips the gradient to [-5, 5]
import numpy as np


def sgd(w, g, state, lr):
    return w - lr * np.clip(g, -5, 5), state
