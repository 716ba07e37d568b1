# functions: dropout_forward, dropout_backward
# wrong: dropout_backward
# about: lets the gradient through where the unit was dropped
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, (np.zeros(x.shape, dtype=bool), 0.0)
    dropped = rng.random(x.shape) < p
    return np.where(dropped, 0, x / (1 - p)), (~dropped, p)


def dropout_backward(dy, cache):
    dropped, p = cache
    return np.where(dropped, 0, dy / (1 - p))
