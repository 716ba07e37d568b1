# functions: affine_forward, affine_backward, net_forward, net_backward
# about: a column of ones joins x and the bias becomes the last row of the weights
import numpy as np


def _ones(x):
    return np.hstack([x, np.ones((x.shape[0], 1))])


def affine_forward(x, w, b):
    full = np.vstack([w, b])
    return _ones(x) @ full, (_ones(x), full)


def affine_backward(dy, cache):
    xb, full = cache
    dfull = xb.T @ dy
    return (dy @ full.T)[:, :-1], dfull[:-1], dfull[-1]


def net_forward(x, w1, b1, w2, b2):
    xb = _ones(x)
    h = xb @ np.vstack([w1, b1])
    hb = _ones(np.maximum(h, 0))
    return hb @ np.vstack([w2, b2]), (xb, h, hb, w2)


def net_backward(dz, cache):
    xb, h, hb, w2 = cache
    dsecond = hb.T @ dz
    dfirst = xb.T @ (dz @ w2.T * (h > 0))
    return dfirst[:-1], dfirst[-1], dsecond[:-1], dsecond[-1]
