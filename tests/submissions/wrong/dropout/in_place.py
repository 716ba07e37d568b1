# functions: dropout_forward
# wrong: dropout_forward
# about: multiplies x by the mask in place
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, None
    mask = (rng.random(x.shape) >= p) / (1 - p)
    x *= mask
    return x, mask
