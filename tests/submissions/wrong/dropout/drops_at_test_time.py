# functions: dropout_forward, dropout_backward
# wrong: dropout_forward
# about: ignores training
import numpy as np


def dropout_forward(x, p, rng, training):
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return x * mask, mask


def dropout_backward(dy, cache):
    return dy * cache
