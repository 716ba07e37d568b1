# functions: dropout_forward, dropout_backward
# wrong: dropout_backward
# about: passes the gradient through without the mask
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, None
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return x * mask, mask


def dropout_backward(dy, cache):
    return np.array(dy)
