# functions: dropout_forward
# wrong: dropout_forward
# about: draws one number for a sample and drops it as a whole
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, None
    shape = x.shape[:1] + (1,) * (x.ndim - 1)
    mask = (rng.random(shape) >= p) / (1 - p)
    return x * mask, np.broadcast_to(mask, x.shape)
