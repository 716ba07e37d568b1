# functions: sgd
# wrong: sgd
# about: divides the gradient by its norm
import numpy as np


def sgd(w, g, state, lr):
    return w - lr * g / (np.linalg.norm(np.ravel(g)) + 1e-12), state
