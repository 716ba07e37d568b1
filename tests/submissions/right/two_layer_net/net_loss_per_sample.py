# functions: net_loss
# about: loss and gradients summed over single samples, regulariser by np.vdot and np.linalg.norm
import numpy as np


def net_loss(x, y, w1, b1, w2, b2, reg):
    n = len(x)
    loss, dw1, db1, dw2, db2 = 0.0, 0 * w1, 0 * b1, 0 * w2, 0 * b2
    for xi, yi in zip(x, y):
        hi = w1.T @ xi + b1
        ai = hi.clip(min=0)
        zi = w2.T @ ai + b2
        loss = loss + np.logaddexp.reduce(zi - zi[yi]) / n
        gi = np.exp(zi - np.logaddexp.reduce(zi))
        gi[yi] -= 1
        gi = gi / n
        di = (w2 @ gi) * (hi > 0)
        dw1, db1 = dw1 + np.outer(xi, di), db1 + di
        dw2, db2 = dw2 + np.outer(ai, gi), db2 + gi
    loss += 0.5 * reg * (np.vdot(w1, w1) + np.linalg.norm(w2) ** 2)
    return float(loss), dw1 + reg * w1, db1, dw2 + reg * w2, db2
