# functions: net_loss
# wrong: net_loss
# about: 2 * reg * w, as if the loss had no half
import numpy as np


def net_loss(x, y, w1, b1, w2, b2, reg):
    n = len(x)
    h = np.maximum(x @ w1 + b1, 0)
    z = h @ w2 + b2
    s = z - z.max(axis=1, keepdims=True)
    logp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    loss = -logp[np.arange(n), y].mean() + 0.5 * reg * (np.sum(w1 * w1) + np.sum(w2 * w2))
    dz = np.exp(logp)
    dz[np.arange(n), y] -= 1
    dz /= n
    dh = dz @ w2.T * (h > 0)
    dw1 = x.T @ dh + 2 * reg * w1
    dw2 = h.T @ dz + 2 * reg * w2
    return loss, dw1, dh.sum(0), dw2, dz.sum(0)
