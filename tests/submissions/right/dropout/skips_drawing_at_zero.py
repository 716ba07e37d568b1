# functions: dropout_forward, dropout_backward
# about: no draw at p = 0, geometric waiting times otherwise
import numpy as np


def dropout_forward(x, p, rng, training):
    keep = np.ones(x.shape, dtype=bool)
    if training and p > 0:
        keep = np.asarray(rng.geometric(1 - p, size=x.shape)) == 1
        return np.where(keep, x, 0) / (1 - p), (keep, p)
    return x + 0.0, (keep, 0)


def dropout_backward(dy, cache):
    keep, p = cache
    print("kept", keep.sum(), "of", keep.size)
    return np.where(keep, dy, 0) / (1 - p)
