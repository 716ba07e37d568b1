# functions: net_forward, net_backward
# wrong: net_backward
# about: returns the second layer's gradients first
import numpy as np


def net_forward(x, w1, b1, w2, b2):
    h = np.maximum(x @ w1 + b1, 0)
    return h @ w2 + b2, (x, h, w2)


def net_backward(dz, cache):
    x, h, w2 = cache
    dw2, db2 = h.T @ dz, dz.sum(axis=0)
    dh = dz @ w2.T * (h > 0)
    return dw2, db2, x.T @ dh, dh.sum(axis=0)
