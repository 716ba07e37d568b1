# functions: dropout_forward
# wrong: dropout_forward
# about: makes its own generator with a fixed seed
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, None
    rng = np.random.default_rng(0)
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return x * mask, mask
