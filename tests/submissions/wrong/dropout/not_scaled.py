# functions: dropout_forward
# wrong: dropout_forward
# about: kept values are not divided by 1 - p
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, np.ones_like(x)
    mask = rng.random(x.shape) >= p
    return x * mask, mask
