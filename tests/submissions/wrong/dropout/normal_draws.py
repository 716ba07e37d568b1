# functions: dropout_forward
# wrong: dropout_forward
# about: compares standard normal draws with p
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training or p == 0:
        return x, 1.0
    mask = (rng.standard_normal(x.shape) > p) / (1 - p)
    return x * mask, mask
