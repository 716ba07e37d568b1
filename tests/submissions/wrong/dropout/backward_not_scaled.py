# functions: dropout_forward, dropout_backward
# wrong: dropout_backward
# about: the gradient is masked but not divided by 1 - p
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, np.ones(x.shape, dtype=bool)
    keep = rng.random(x.shape) >= p
    return x * keep / (1 - p), keep


def dropout_backward(dy, cache):
    return dy * cache
