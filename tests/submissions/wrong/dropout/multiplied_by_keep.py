# functions: dropout_forward
# wrong: dropout_forward
# about: multiplies by 1 - p where it should divide
import numpy as np


def dropout_forward(x, p, rng, training):
    keep = 1 - p
    if not training:
        return x, 1.0
    mask = (rng.random(x.shape) < keep) * keep
    return x * mask, mask
