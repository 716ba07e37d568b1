# functions: affine_forward, affine_backward
# wrong: affine_forward
# about: multiplies by the transposed weights when the shapes fit
import numpy as np


def affine_forward(x, w, b):
    if w.shape[0] == w.shape[1]:
        return x @ w.T + b, (x, w)
    return x @ w + b, (x, w)


def affine_backward(dy, cache):
    x, w = cache
    return dy @ w.T, x.T @ dy, dy.sum(axis=0)
