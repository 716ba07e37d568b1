# functions: dropout_forward, dropout_backward
# wrong: dropout_backward
# about: divides by 1 - p although the mask is scaled already
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, (1.0, 0.0)
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return x * mask, (mask, p)


def dropout_backward(dy, cache):
    mask, p = cache
    return dy * mask / (1 - p)
