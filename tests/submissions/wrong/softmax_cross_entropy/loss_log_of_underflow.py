# functions: softmax, softmax_cross_entropy
# wrong: softmax_cross_entropy
# about: log of a probability that underflows to zero
import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_cross_entropy(z, y):
    n = len(y)
    p = softmax(z)
    loss = -np.log(p[np.arange(n), y]).mean()
    dz = p.copy()
    dz[np.arange(n), y] -= 1
    return loss, dz / n
