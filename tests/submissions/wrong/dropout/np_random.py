# functions: dropout_forward
# wrong: dropout_forward
# about: draws from np.random, not from rng
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, None
    mask = (np.random.rand(*x.shape) >= p) / (1 - p)
    return x * mask, mask
