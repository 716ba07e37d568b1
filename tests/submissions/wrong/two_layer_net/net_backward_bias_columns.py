# functions: net_forward, net_backward
# wrong: net_backward
# about: bias gradients of shape (h, 1) and (c, 1)
import numpy as np


def net_forward(x, w1, b1, w2, b2):
    h = np.maximum(x @ w1 + b1, 0)
    return h @ w2 + b2, (x, h, w2)


def net_backward(dz, cache):
    x, h, w2 = cache
    dh = dz @ w2.T * (h > 0)
    return x.T @ dh, dh.sum(axis=0)[:, None], h.T @ dz, dz.sum(axis=0)[:, None]
