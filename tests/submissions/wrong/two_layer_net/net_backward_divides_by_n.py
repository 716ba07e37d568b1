# functions: net_forward, net_backward
# wrong: net_backward
# about: divides all gradients by n although dz has it already
import numpy as np


def net_forward(x, w1, b1, w2, b2):
    h = np.maximum(x @ w1 + b1, 0)
    return h @ w2 + b2, (x, h, w2)


def net_backward(dz, cache):
    x, h, w2 = cache
    n = x.shape[0]
    dh = dz @ w2.T * (h > 0)
    return x.T @ dh / n, dh.sum(axis=0) / n, h.T @ dz / n, dz.sum(axis=0) / n
