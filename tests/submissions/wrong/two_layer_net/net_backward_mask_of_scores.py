# functions: net_forward, net_backward
# wrong: net_backward
# about: masks the outer layer's scores where the mask belongs to the hidden layer
import numpy as np


def net_forward(x, w1, b1, w2, b2):
    h = np.maximum(x @ w1 + b1, 0)
    z = h @ w2 + b2
    return z, (x, h, z, w2)


def net_backward(dz, cache):
    x, h, z, w2 = cache
    dh = (dz * (z > 0)) @ w2.T
    return x.T @ dh, dh.sum(axis=0), h.T @ dz, dz.sum(axis=0)
