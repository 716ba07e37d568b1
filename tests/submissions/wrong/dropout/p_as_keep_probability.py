# functions: dropout_forward
# wrong: dropout_forward
# about: p is taken as the probability of keeping
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training or p == 0:
        return x, np.ones(x.shape)
    mask = (rng.random(x.shape) < p) / p
    return x * mask, mask
