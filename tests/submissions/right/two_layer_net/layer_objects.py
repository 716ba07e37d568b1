# functions: affine_forward, affine_backward, net_forward, net_backward, net_loss
# about: small layer classes composed into a net, the net object itself is the cache
import numpy as np


class Affine:
    def __init__(self, w, b):
        self.w, self.b = w, b

    def __call__(self, x):
        self.x = x
        return x @ self.w + self.b

    def backward(self, g):
        self.dw, self.db = self.x.T @ g, g.sum(axis=0)
        return g @ self.w.T


class ReLU:
    def __call__(self, x):
        self.keep = x >= 0
        return np.where(self.keep, x, 0.0)

    def backward(self, g):
        return g * self.keep


class Net:
    def __init__(self, *layers):
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def backward(self, g):
        for layer in self.layers[::-1]:
            g = layer.backward(g)
        return g


def affine_forward(x, w, b):
    layer = Affine(w, b)
    return layer(x), layer


def affine_backward(dy, cache):
    dx = cache.backward(dy)
    return dx, cache.dw, cache.db


def net_forward(x, w1, b1, w2, b2):
    net = Net(Affine(w1, b1), ReLU(), Affine(w2, b2))
    return net(x), net


def net_backward(dz, cache):
    cache.backward(dz)
    first, _, last = cache.layers
    return first.dw, first.db, last.dw, last.db


def net_loss(x, y, w1, b1, w2, b2, reg):
    z, net = net_forward(x, w1, b1, w2, b2)
    m = z.max(axis=1, keepdims=True)
    p = np.exp(z - m)
    total = p.sum(axis=1, keepdims=True)
    p /= total
    rows = np.arange(len(y))
    loss = np.mean(m[:, 0] + np.log(total[:, 0]) - z[rows, y])
    p[rows, y] -= 1
    dw1, db1, dw2, db2 = net_backward(p / len(y), net)
    penalty = sum(np.sum(w * w) for w in (w1, w2)) * reg / 2
    return loss + penalty, dw1 + reg * w1, db1, dw2 + reg * w2, db2
