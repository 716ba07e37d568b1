# functions: column_forward, column_backward
# wrong: column_backward
# about: z1 * (1 - z1): the sigmoid's derivative by its output, fed the pre-activation
import numpy as np


def column_forward(x, w1, b1, w2, b2):
    z1 = w1 @ x + b1
    a1 = 1 / (1 + np.exp(-z1))
    a2 = 1 / (1 + np.exp(-(w2 @ a1 + b2)))
    return a2, (x, z1, a1, a2, w2)


def column_backward(y, cache):
    x, z1, a1, a2, w2 = cache
    n = x.shape[1]
    dz2 = (a2 - y) / n
    dz1 = w2.T @ dz2 * z1 * (1 - z1)
    return dz1 @ x.T, dz1.sum(axis=1, keepdims=True), dz2 @ a1.T, dz2.sum(axis=1, keepdims=True)
