# functions: dropout_forward, dropout_backward
# about: whole numbers below 2**53 compared with p * 2**53
import numpy as np

RESOLUTION = 2**53


def dropout_forward(x, p, rng, training):
    if not training or p == 0:
        return 1.0 * x, ("identity",)
    keep = rng.integers(0, RESOLUTION, size=x.shape) >= p * RESOLUTION
    return x / (1 - p) * keep, ("mask", keep, 1 - p)


def dropout_backward(dy, cache):
    if cache[0] == "identity":
        return 1.0 * dy
    _, keep, q = cache
    return dy / q * keep
