# functions: net_forward, net_backward
# wrong: net_backward
# about: dw2 uses the pre-activations in place of the rectified hidden layer
import numpy as np


def net_forward(x, w1, b1, w2, b2):
    pre = x @ w1 + b1
    return np.maximum(pre, 0) @ w2 + b2, (x, pre, w2)


def net_backward(dz, cache):
    x, pre, w2 = cache
    dh = dz @ w2.T
    dh[pre <= 0] = 0
    return x.T @ dh, dh.sum(axis=0), pre.T @ dz, dz.sum(axis=0)
