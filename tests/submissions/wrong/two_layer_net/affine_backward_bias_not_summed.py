# functions: affine_forward, affine_backward
# wrong: affine_backward
# about: db is dy itself
import numpy as np


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dy, cache):
    x, w = cache
    return dy @ w.T, x.T @ dy, dy
