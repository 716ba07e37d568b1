# functions: affine_forward, affine_backward
# wrong: affine_backward
# about: divides the weight gradient by the batch size
import numpy as np


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dy, cache):
    x, w = cache
    n = x.shape[0]
    return dy @ w.T, x.T @ dy / n, dy.sum(axis=0)
