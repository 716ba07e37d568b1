# functions: affine_forward, affine_backward
# wrong: affine_backward
# about: returns dw, db, dx
import numpy as np


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dy, cache):
    x, w = cache
    dx = dy @ w.T
    dw = x.T @ dy
    db = dy.sum(axis=0)
    return dw, db, dx
