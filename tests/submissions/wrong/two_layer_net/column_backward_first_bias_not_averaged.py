# functions: column_forward, column_backward
# wrong: column_backward
# about: db1 lacks the 1/n that the other gradients have
import numpy as np


def column_forward(x, w1, b1, w2, b2):
    a1 = 1 / (1 + np.exp(-(w1 @ x + b1)))
    a2 = 1 / (1 + np.exp(-(w2 @ a1 + b2)))
    return a2, (x, a1, a2, w2)


def column_backward(y, cache):
    x, a1, a2, w2 = cache
    m = y.shape[1]
    dz2 = a2 - y
    dw2 = dz2 @ a1.T / m
    db2 = np.sum(dz2, axis=1, keepdims=True) / m
    dz1 = (w2.T @ dz2) * (a1 * (1 - a1))
    dw1 = dz1 @ x.T / m
    db1 = np.sum(dz1, axis=1, keepdims=True)
    return dw1, db1, dw2, db2
