# functions: dropout_forward, dropout_backward, l2_penalty
# about: a scaled mask of rng.random, kept as the cache
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, None
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return x * mask, mask


def dropout_backward(dy, cache):
    return dy if cache is None else dy * cache


def l2_penalty(w, lam):
    return lam / 2 * np.sum(w**2), lam * w
