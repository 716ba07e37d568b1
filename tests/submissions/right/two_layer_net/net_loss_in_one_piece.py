# functions: net_loss
# about: the whole loss and its gradients in one function, in-place work on fresh arrays
import numpy as np


def net_loss(x, y, w1, b1, w2, b2, reg):
    n = x.shape[0]
    idx = np.arange(n)

    # forward
    h = x @ w1
    h += b1
    np.maximum(h, 0, out=h)
    scores = h @ w2 + b2
    scores -= scores.max(axis=1, keepdims=True)
    label_scores = scores[idx, y].copy()
    np.exp(scores, out=scores)
    total = scores.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(total[:, 0]) - label_scores)
    loss += reg / 2 * (np.sum(w1 ** 2) + np.sum(w2 ** 2))

    # backward
    scores /= total
    scores[idx, y] -= 1
    scores /= n
    dw2 = h.T @ scores
    dw2 += reg * w2
    db2 = scores.sum(axis=0)
    dh = scores @ w2.T
    dh[h <= 0] = 0
    dw1 = x.T @ dh
    dw1 += reg * w1
    return loss, dw1, dh.sum(axis=0), dw2, db2
