# functions: dropout_forward
# wrong: dropout_forward
# about: the original dropout: no scale in training, times 1 - p in testing
import numpy as np


def dropout_forward(x, p, rng, training):
    if training:
        mask = (rng.random(x.shape) >= p).astype(float)
        return x * mask, mask
    return x * (1 - p), np.full(x.shape, 1 - p)
