# functions: net_forward, net_backward
# wrong: net_backward
# about: db1 sums before the mask is applied
import numpy as np


def net_forward(x, w1, b1, w2, b2):
    h = np.maximum(x @ w1 + b1, 0)
    return h @ w2 + b2, (x, h, w2)


def net_backward(dz, cache):
    x, h, w2 = cache
    dh = dz @ w2.T
    db1 = dh.sum(axis=0)
    dh = dh * (h > 0)
    return x.T @ dh, db1, h.T @ dz, dz.sum(axis=0)
