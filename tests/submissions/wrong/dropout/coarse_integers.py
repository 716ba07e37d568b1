# functions: dropout_forward
# wrong: dropout_forward
# about: draws one of the eleven whole numbers from 0 to 10, so that p = 0.3 drops 3 of 11
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training or p == 0:
        return x, 1.0
    mask = (rng.integers(0, 10, size=x.shape, endpoint=True) >= 10 * p) / (1 - p)
    return x * mask, mask
