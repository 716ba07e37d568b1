# functions: affine_forward, affine_backward, net_forward, net_backward, net_loss
# about: matrix products as explicit loops, caches as dicts
import math

import numpy as np


def affine_forward(x, w, b):
    n, d = x.shape
    m = w.shape[1]
    y = np.zeros((n, m))
    for i in range(n):
        for j in range(m):
            total = b[j]
            for k in range(d):
                total += x[i, k] * w[k, j]
            y[i, j] = total
    return y, {"x": x, "w": w}


def affine_backward(dy, cache):
    x, w = cache["x"], cache["w"]
    n, d = x.shape
    m = w.shape[1]
    dx, dw, db = np.zeros((n, d)), np.zeros((d, m)), np.zeros(m)
    for i in range(n):
        for j in range(m):
            db[j] += dy[i, j]
            for k in range(d):
                dx[i, k] += dy[i, j] * w[k, j]
                dw[k, j] += x[i, k] * dy[i, j]
    return dx, dw, db


def net_forward(x, w1, b1, w2, b2):
    h, cache1 = affine_forward(x, w1, b1)
    a = np.zeros(h.shape)
    for i in range(h.shape[0]):
        for j in range(h.shape[1]):
            a[i, j] = max(0.0, h[i, j])
    z, cache2 = affine_forward(a, w2, b2)
    return z, {"first": cache1, "h": h, "second": cache2}


def net_backward(dz, cache):
    da, dw2, db2 = affine_backward(dz, cache["second"])
    h = cache["h"]
    for i in range(h.shape[0]):
        for j in range(h.shape[1]):
            if h[i, j] <= 0:
                da[i, j] = 0.0
    _, dw1, db1 = affine_backward(da, cache["first"])
    return dw1, db1, dw2, db2


def net_loss(x, y, w1, b1, w2, b2, reg):
    z, cache = net_forward(x, w1, b1, w2, b2)
    n, c = z.shape
    loss = 0.0
    dz = np.zeros((n, c))
    for i in range(n):
        top = max(z[i])
        total = sum(math.exp(v - top) for v in z[i])
        loss += math.log(total) + top - z[i, y[i]]
        for j in range(c):
            dz[i, j] = math.exp(z[i, j] - top) / total / n
        dz[i, y[i]] -= 1 / n
    loss /= n
    dw1, db1, dw2, db2 = net_backward(dz, cache)
    for w, dw in ((w1, dw1), (w2, dw2)):
        for i in range(w.shape[0]):
            for j in range(w.shape[1]):
                loss += 0.5 * reg * w[i, j] ** 2
                dw[i, j] += reg * w[i, j]
    return loss, dw1, db1, dw2, db2
