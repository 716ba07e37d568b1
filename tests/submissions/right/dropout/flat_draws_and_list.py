# functions: dropout_forward, dropout_backward, l2_penalty
# about: draws for the flattened array, reshaped; results as lists; einsum for the penalty
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return [x, 1.0]
    draws = rng.random(x.size)
    mask = np.array([0.0 if u < p else 1.0 / (1.0 - p) for u in draws]).reshape(x.shape)
    return [x * mask, mask]


def dropout_backward(dy, cache):
    return dy * cache


def l2_penalty(w, lam):
    return [np.einsum("...,...->", w, w) * (lam / 2) if w.ndim == 0 else lam / 2 * np.sum(np.square(w)), lam * w]
