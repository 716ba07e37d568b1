# functions: dropout_forward
# wrong: dropout_forward
# about: drops the same number of units in every row
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, None
    if x.ndim == 0:
        mask = rng.random() >= p
    else:
        order = rng.random(x.shape).argsort(axis=-1).argsort(axis=-1)
        mask = order >= round(p * x.shape[-1])
    mask = mask / (1 - p)
    return x * mask, mask
