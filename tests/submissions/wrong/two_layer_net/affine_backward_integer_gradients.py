# functions: affine_forward, affine_backward
# wrong: affine_backward
# about: the bias gradient is collected in an integer array
import numpy as np


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dy, cache):
    x, w = cache
    db = np.zeros(dy.shape[1], dtype=int)
    for j in range(dy.shape[1]):
        db[j] = dy[:, j].sum()
    return dy @ w.T, x.T @ dy, db
