# functions: dropout_forward
# wrong: dropout_forward
# about: drops exactly round(p * size) units, so that they are not independent
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, None
    size = max(int(x.size), 1)
    mask = np.ones(size)
    mask[: int(round(p * size))] = 0
    rng.shuffle(mask)
    mask = mask.reshape(x.shape) / (1 - p)
    return x * mask, mask
