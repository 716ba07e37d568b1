# functions: dropout_forward
# wrong: dropout_forward
# about: inverted dropout that multiplies by 1 - p again when not training
import numpy as np


def dropout_forward(x, p, rng, training):
    if training:
        mask = (rng.random(x.shape) >= p) / (1 - p)
        return x * mask, mask
    return x * (1 - p), 1 - p
