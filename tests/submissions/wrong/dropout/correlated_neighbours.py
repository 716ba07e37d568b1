# functions: dropout_forward
# wrong: dropout_forward
# about: draws half as many numbers and uses each for two neighbours
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, None
    half = rng.random((x.size + 1) // 2)
    draws = np.repeat(half, 2)[: x.size].reshape(x.shape)
    mask = (draws >= p) / (1 - p)
    return x * mask, mask
