# functions: dropout_forward, dropout_backward
# wrong: dropout_backward
# about: multiplies by the output, in place of the mask
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, np.ones(x.shape)
    mask = (rng.random(x.shape) >= p) / (1 - p)
    y = x * mask
    return y, y


def dropout_backward(dy, cache):
    return dy * cache
