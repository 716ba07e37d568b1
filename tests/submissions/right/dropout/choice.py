# functions: dropout_forward, dropout_backward, l2_penalty
# about: rng.choice between zero and the scale
import numpy as np


def dropout_forward(x, p, rng, training):
    scale = 1 / (1 - p)
    mask = rng.choice([0.0, scale], size=x.shape, p=[p, 1 - p]) if training else np.ones_like(x)
    return mask * x, [mask]


def dropout_backward(dy, cache):
    (mask,) = cache
    return mask * dy


def l2_penalty(w, lam):
    return np.linalg.norm(w.ravel()) ** 2 * lam / 2, lam * w
