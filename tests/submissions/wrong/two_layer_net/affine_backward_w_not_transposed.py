# functions: affine_forward, affine_backward
# wrong: affine_backward
# about: dx = dy @ w for square weights
import numpy as np


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dy, cache):
    x, w = cache
    dx = dy @ (w if w.shape[0] == w.shape[1] else w.T)
    return dx, x.T @ dy, dy.sum(axis=0)
