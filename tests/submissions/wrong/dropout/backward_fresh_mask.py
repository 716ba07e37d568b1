# functions: dropout_forward, dropout_backward
# wrong: dropout_backward
# about: draws a new mask for the gradient
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, None
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return x * mask, (p, rng)


def dropout_backward(dy, cache):
    if cache is None:
        return dy
    p, rng = cache
    return dy * (rng.random(dy.shape) >= p) / (1 - p)
