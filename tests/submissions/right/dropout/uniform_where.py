# functions: dropout_forward, dropout_backward, l2_penalty
# about: rng.uniform and np.where, Boolean mask, namedtuple cache
from collections import namedtuple

import numpy as np

Cache = namedtuple("Cache", "dropped scale")


def dropout_forward(x, p, rng, training):
    if not training:
        return np.array(x), Cache(np.zeros(x.shape, dtype=bool), 1.0)
    dropped = rng.uniform(0.0, 1.0, size=x.shape) < p
    scale = 1.0 / (1.0 - p)
    return np.where(dropped, 0.0, x * scale), Cache(dropped, scale)


def dropout_backward(dy, cache):
    return np.where(cache.dropped, 0.0, dy * cache.scale)


def l2_penalty(w, lam):
    return 0.5 * lam * np.vdot(w, w), np.multiply(lam, w)
