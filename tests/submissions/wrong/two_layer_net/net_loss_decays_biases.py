# functions: net_loss
# wrong: net_loss
# about: biases are regularised too
import numpy as np


def net_loss(x, y, w1, b1, w2, b2, reg):
    n = len(x)
    h = np.maximum(x @ w1 + b1, 0)
    z = h @ w2 + b2
    s = z - z.max(axis=1, keepdims=True)
    logp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    params = (w1, b1, w2, b2)
    loss = -logp[np.arange(n), y].mean() + 0.5 * reg * sum(np.sum(p * p) for p in params)
    dz = np.exp(logp)
    dz[np.arange(n), y] -= 1
    dz /= n
    dh = dz @ w2.T * (h > 0)
    grads = (x.T @ dh, dh.sum(0), h.T @ dz, dz.sum(0))
    return (loss, *(g + reg * p for g, p in zip(grads, params)))
