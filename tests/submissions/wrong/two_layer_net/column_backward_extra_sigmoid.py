# functions: column_forward, column_backward
# wrong: column_backward
# about: multiplies a2 - y by a2 * (1 - a2), as for the squared error
import numpy as np


def column_forward(x, w1, b1, w2, b2):
    a1 = 1 / (1 + np.exp(-(w1 @ x + b1)))
    a2 = 1 / (1 + np.exp(-(w2 @ a1 + b2)))
    return a2, (x, a1, a2, w2)


def column_backward(y, cache):
    x, a1, a2, w2 = cache
    n = x.shape[1]
    dz2 = (a2 - y) * a2 * (1 - a2) / n
    dz1 = w2.T @ dz2 * a1 * (1 - a1)
    return dz1 @ x.T, dz1.sum(axis=1, keepdims=True), dz2 @ a1.T, dz2.sum(axis=1, keepdims=True)
