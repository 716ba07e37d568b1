# functions: affine_forward, affine_backward, net_forward, net_backward
# about: nets in float32, results in float64
import numpy as np

F = np.float32


def affine_forward(x, w, b):
    x, w = x.astype(F), w.astype(F)
    return (x @ w + b.astype(F)).astype(float), (x, w)


def affine_backward(dy, cache):
    x, w = cache
    g = dy.astype(F)
    return (g @ w.T).astype(float), (x.T @ g).astype(float), g.sum(axis=0).astype(float)


def net_forward(x, w1, b1, w2, b2):
    x, w1, b1, w2, b2 = (a.astype(F) for a in (x, w1, b1, w2, b2))
    r = np.maximum(x @ w1 + b1, 0)
    return (r @ w2 + b2).astype(float), (x, r, w2)


def net_backward(dz, cache):
    x, r, w2 = cache
    g = dz.astype(F)
    dh = (g @ w2.T) * (r > 0)
    return tuple(a.astype(float) for a in (x.T @ dh, dh.sum(0), r.T @ g, g.sum(0)))
