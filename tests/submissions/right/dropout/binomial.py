# functions: dropout_forward, dropout_backward, l2_penalty
# about: rng.binomial for the mask, cache as a dict, Python floats for the penalty
import numpy as np


def dropout_forward(x, p, rng, training):
    if training:
        keep = rng.binomial(1, 1 - p, size=x.shape)
        return x * keep / (1 - p), {"keep": keep, "p": p}
    return x.copy(), {"keep": np.ones(x.shape, dtype=int), "p": 0.0}


def dropout_backward(dy, cache):
    return dy * cache["keep"] / (1 - cache["p"])


def l2_penalty(w, lam):
    total = 0.0
    for v in np.ravel(w):
        total += float(v) * float(v)
    return 0.5 * lam * total, w * lam
