# functions: net_forward, net_backward
# wrong: net_backward
# about: the mask is that of x @ w1, without the bias
import numpy as np


def net_forward(x, w1, b1, w2, b2):
    h = np.maximum(x @ w1 + b1, 0)
    return h @ w2 + b2, (x, h, w1, w2)


def net_backward(dz, cache):
    x, h, w1, w2 = cache
    dh = dz @ w2.T * (x @ w1 > 0)
    return x.T @ dh, dh.sum(axis=0), h.T @ dz, dz.sum(axis=0)
