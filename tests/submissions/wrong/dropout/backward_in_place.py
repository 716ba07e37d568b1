# functions: dropout_forward, dropout_backward
# wrong: dropout_backward
# about: zeroes the dropped entries of dy in place
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, (np.ones(x.shape, dtype=bool), 1.0)
    keep = rng.random(x.shape) >= p
    return x * keep / (1 - p), (keep, 1 - p)


def dropout_backward(dy, cache):
    keep, q = cache
    dy[~keep] = 0
    return dy / q
