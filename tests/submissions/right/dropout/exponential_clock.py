# functions: dropout_forward, dropout_backward, l2_penalty
# about: a unit is kept if its exponential waiting time exceeds -log(1 - p); the cache is a closure
import math

import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, lambda dy: dy
    threshold = -math.log1p(-p)
    mask = (rng.exponential(size=x.shape) >= threshold).astype(float)
    mask *= 1 / (1 - p)
    return np.multiply(x, mask), lambda dy: np.multiply(dy, mask)


def dropout_backward(dy, cache):
    return cache(dy)


def l2_penalty(w, lam):
    return math.fsum((w * w).flat) * lam * 0.5, lam * w
