# functions: dropout_forward
# wrong: dropout_forward
# about: keeps with probability p but divides by 1 - p
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, None
    mask = (rng.random(x.shape) <= p) / (1 - p)
    return x * mask, mask
