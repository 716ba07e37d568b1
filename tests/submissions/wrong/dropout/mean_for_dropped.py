# functions: dropout_forward
# wrong: dropout_forward
# about: replaces dropped units by 1e-3, not by zero
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, None
    keep = rng.random(x.shape) >= p
    return np.where(keep, x / (1 - p), 1e-3), keep / (1 - p)
