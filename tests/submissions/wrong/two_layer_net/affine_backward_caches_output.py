# functions: affine_forward, affine_backward
# wrong: affine_backward
# about: the forward keeps its output in place of its input
import numpy as np


def affine_forward(x, w, b):
    out = x @ w + b
    stored = out if out.shape == x.shape else x
    return out, (stored, w)


def affine_backward(dy, cache):
    x, w = cache
    return dy @ w.T, x.T @ dy, dy.sum(axis=0)
