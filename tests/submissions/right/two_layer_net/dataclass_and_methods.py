# functions: affine_forward, affine_backward, net_forward, net_backward
# about: caches as dataclass instances with methods, copies of everything kept
from dataclasses import dataclass

import numpy as np


@dataclass
class Layer:
    x: np.ndarray
    w: np.ndarray
    active: np.ndarray | None = None

    def back(self, dy):
        if self.active is not None:
            dy = np.where(self.active, dy, 0.0)
        return dy @ self.w.T, self.x.T @ dy, np.sum(dy, axis=0)


def affine_forward(x, w, b):
    return np.dot(x, w) + b, Layer(x.copy(), w.copy())


def affine_backward(dy, cache):
    return cache.back(dy)


def net_forward(x, w1, b1, w2, b2):
    h = np.dot(x, w1) + b1
    first = Layer(x.copy(), w1.copy(), h > 0)
    a = np.maximum(h, 0)
    return np.dot(a, w2) + b2, [first, Layer(a, w2.copy())]


def net_backward(dz, cache):
    grads = []
    for layer in reversed(cache):
        dz, dw, db = layer.back(dz)
        grads = [dw, db] + grads
    return tuple(grads)
