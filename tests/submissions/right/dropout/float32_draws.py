# functions: dropout_forward, dropout_backward, l2_penalty
# about: draws in float32, mask in float32, float64 results
import numpy as np


def dropout_forward(x, p, rng, training):
    if training:
        mask = rng.random(x.shape, dtype=np.float32) >= np.float32(p)
    else:
        mask, p = np.ones(x.shape, dtype=bool), 0.0
    y = np.zeros(x.shape)
    np.divide(x, 1 - p, out=y, where=mask)
    return y, (mask, p)


def dropout_backward(dy, cache):
    mask, p = cache
    dx = np.zeros(dy.shape)
    np.divide(dy, 1 - p, out=dx, where=mask)
    return dx


def l2_penalty(w, lam):
    w32 = w.astype(np.float32)
    return np.float32(lam / 2) * np.sum(w32 * w32), (np.float32(lam) * w32).astype(np.float64)
