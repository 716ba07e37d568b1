# functions: net_loss
# wrong: net_loss
# about: adds the decay to w2 itself, in place, before the gradient flows back
import numpy as np


def net_loss(x, y, w1, b1, w2, b2, reg):
    n = len(x)
    h = np.maximum(x @ w1 + b1, 0)
    z = h @ w2 + b2
    s = z - z.max(axis=1, keepdims=True)
    logp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    loss = -logp[np.arange(n), y].mean() + reg / 2 * ((w1**2).sum() + (w2**2).sum())
    dz = np.exp(logp)
    dz[np.arange(n), y] -= 1
    dz /= n
    dw2 = w2
    dw2 *= reg
    dw2 += h.T @ dz
    dh = dz @ w2.T * (h > 0)
    return loss, x.T @ dh + reg * w1, dh.sum(0), dw2, dz.sum(0)
