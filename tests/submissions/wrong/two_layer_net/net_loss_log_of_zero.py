# functions: net_loss
# wrong: net_loss
# about: shifted, but the logarithm of an underflowed probability is inf
import numpy as np


def net_loss(x, y, w1, b1, w2, b2, reg):
    n = len(x)
    h = np.maximum(x @ w1 + b1, 0)
    z = h @ w2 + b2
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(n), y]).mean() + reg / 2 * ((w1**2).sum() + (w2**2).sum())
    p[np.arange(n), y] -= 1
    p /= n
    dh = p @ w2.T * (h > 0)
    return loss, x.T @ dh + reg * w1, dh.sum(0), h.T @ p + reg * w2, p.sum(0)
