# functions: dropout_forward
# wrong: dropout_forward
# about: divides by p, and by nothing at p = 0
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, 1.0
    mask = (rng.random(x.shape) >= p).astype(float)
    if p > 0:
        mask = mask / p
    return x * mask, mask
