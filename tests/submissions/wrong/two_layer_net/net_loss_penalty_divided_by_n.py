# functions: net_loss
# wrong: net_loss
# about: the regulariser is averaged over the batch with the data loss
import numpy as np


def net_loss(x, y, w1, b1, w2, b2, reg):
    n = len(x)
    h = np.maximum(x @ w1 + b1, 0)
    z = h @ w2 + b2
    s = z - z.max(axis=1, keepdims=True)
    logp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    loss = (-logp[np.arange(n), y].sum() + reg / 2 * ((w1**2).sum() + (w2**2).sum())) / n
    dz = np.exp(logp)
    dz[np.arange(n), y] -= 1
    dh = dz @ w2.T * (h > 0)
    return loss, (x.T @ dh + reg * w1) / n, dh.sum(0) / n, (h.T @ dz + reg * w2) / n, dz.sum(0) / n
