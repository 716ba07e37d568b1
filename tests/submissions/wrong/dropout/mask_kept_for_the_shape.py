# functions: dropout_forward
# wrong: dropout_forward
# about: draws a mask once for each shape and keeps it for later calls
import numpy as np

masks = {}


def dropout_forward(x, p, rng, training):
    if not training:
        return x, None
    key = (x.shape, p)
    if key not in masks:
        masks[key] = (rng.random(x.shape) >= p) / (1 - p)
    return x * masks[key], masks[key]
