# functions: affine_forward, affine_backward
# wrong: affine_backward
# about: db sums over the outputs where that has the right length
import numpy as np


def affine_forward(x, w, b):
    return x @ w + b, (x, w, b)


def affine_backward(dy, cache):
    x, w, b = cache
    db = np.sum(dy, axis=1)
    if db.shape != b.shape:
        db = np.sum(dy, axis=0)
    return dy.dot(w.T), x.T.dot(dy), db
