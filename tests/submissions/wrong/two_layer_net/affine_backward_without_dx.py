# functions: affine_forward, affine_backward
# wrong: affine_backward
# about: returns only two of the three gradients
import numpy as np


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dy, cache):
    x, w = cache
    return x.T @ dy, dy.sum(axis=0)
