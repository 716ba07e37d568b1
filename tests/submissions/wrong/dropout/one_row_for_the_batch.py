# functions: dropout_forward
# wrong: dropout_forward
# about: draws one row of the mask and shares it among all samples
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, None
    mask = (rng.random(x.shape[1:]) >= p) / (1 - p)
    return x * mask, mask
