# functions: net_forward, net_backward
# wrong: net_backward
# about: the hidden layer is written into one module-level buffer, so that an older cache sees newer activations
import numpy as np

buffers = {}


def net_forward(x, w1, b1, w2, b2):
    key = (x.shape[0], w1.shape[1])
    h = buffers.setdefault(key, np.zeros(key))
    np.maximum(x @ w1 + b1, 0, out=h)
    return h @ w2 + b2, (x, h, w2)


def net_backward(dz, cache):
    x, h, w2 = cache
    dh = dz @ w2.T * (h > 0)
    return x.T @ dh, dh.sum(axis=0), h.T @ dz, dz.sum(axis=0)
