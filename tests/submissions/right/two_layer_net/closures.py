# functions: affine_forward, affine_backward, net_forward, net_backward, column_forward, column_backward
# about: the cache is a function that computes the gradients
import numpy as np


def affine_forward(x, w, b):
    def back(dy):
        return dy.dot(w.T), x.T.dot(dy), dy.sum(axis=0)

    return x.dot(w) + b, back


def affine_backward(dy, cache):
    return cache(dy)


def _relu(x):
    return np.where(x > 0, x, 0), lambda dy: dy * (x > 0)


def net_forward(x, w1, b1, w2, b2):
    h, back1 = affine_forward(x, w1, b1)
    a, back_relu = _relu(h)
    z, back2 = affine_forward(a, w2, b2)

    def back(dz):
        da, dw2, db2 = back2(dz)
        _, dw1, db1 = back1(back_relu(da))
        return dw1, db1, dw2, db2

    return z, back


def net_backward(dz, cache):
    return cache(dz)


def column_forward(x, w1, b1, w2, b2):
    def squash(z):
        return 0.5 * (1 + np.tanh(0.5 * z))

    a1 = squash(w1.dot(x) + b1)
    a2 = squash(w2.dot(a1) + b2)
    n = x.shape[1]

    def back(y):
        dz2 = a2 - y
        dz1 = w2.T.dot(dz2) * a1 * (1 - a1)
        return (
            dz1.dot(x.T) / n,
            dz1.sum(axis=1, keepdims=True) / n,
            dz2.dot(a1.T) / n,
            dz2.sum(axis=1, keepdims=True) / n,
        )

    return a2, back


def column_backward(y, cache):
    return cache(y)
