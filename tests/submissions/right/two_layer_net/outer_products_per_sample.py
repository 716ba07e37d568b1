# functions: affine_forward, affine_backward, net_forward, net_backward, column_forward, column_backward
# about: gradients accumulated sample by sample with np.outer; results as a list
import numpy as np


def affine_forward(x, w, b):
    return np.array([row @ w + b for row in x]), (x, (w, b))


def affine_backward(dy, cache):
    x, (w, b) = cache
    dw = np.zeros_like(w)
    db = np.zeros_like(b)
    dx = []
    for row, g in zip(x, dy):
        dw += np.outer(row, g)
        db += g
        dx.append(w @ g)
    return [np.array(dx), dw, db]


def net_forward(x, w1, b1, w2, b2):
    hidden = [np.maximum(0, row @ w1 + b1) for row in x]
    return np.stack([h @ w2 + b2 for h in hidden]), (x, hidden, (w1, b1), (w2, b2))


def net_backward(dz, cache):
    x, hidden, (w1, b1), (w2, b2) = cache
    grads = [np.zeros_like(p) for p in (w1, b1, w2, b2)]
    for row, h, g in zip(x, hidden, dz):
        dh = (w2 @ g) * (h > 0)
        grads[0] += np.outer(row, dh)
        grads[1] += dh
        grads[2] += np.outer(h, g)
        grads[3] += g
    return grads


def column_forward(x, w1, b1, w2, b2):
    sig = np.vectorize(lambda v: 1 / (1 + np.exp(-v)))
    hidden = [sig(w1 @ col[:, None] + b1) for col in x.T]
    out = [sig(w2 @ a + b2) for a in hidden]
    return np.hstack(out), (x, hidden, out, w1, w2)


def column_backward(y, cache):
    x, hidden, out, w1, w2 = cache
    n = x.shape[1]
    dw1, dw2 = np.zeros(w1.shape), np.zeros(w2.shape)
    db1, db2 = np.zeros((w1.shape[0], 1)), np.zeros((w2.shape[0], 1))
    for i in range(n):
        d2 = out[i] - y[:, i : i + 1]
        d1 = (w2.T @ d2) * hidden[i] * (1 - hidden[i])
        dw2 += d2 @ hidden[i].T
        db2 += d2
        dw1 += d1 @ x[:, [i]].T
        db1 += d1
    return dw1 / n, db1 / n, dw2 / n, db2 / n
