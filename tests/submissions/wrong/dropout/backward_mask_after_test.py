# functions: dropout_forward, dropout_backward
# wrong: dropout_backward
# about: masks after a forward that was not training
import numpy as np


def dropout_forward(x, p, rng, training):
    mask = (rng.random(x.shape) >= p) / (1 - p)
    if training:
        return x * mask, mask
    return x, mask


def dropout_backward(dy, cache):
    return dy * cache
