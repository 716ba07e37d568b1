# functions: sigmoid, sigmoid_backward, softsign, softsign_backward, crelu, crelu_backward
# about: gradients as einsum products of dy and the derivative, with prints on the way
import numpy as np


def sigmoid(x):
    z = np.exp(-np.abs(x))
    return (1 + np.sign(x) * (1 - z) / (1 + z)) / 2


def sigmoid_backward(dy, x):
    s = sigmoid(x)
    print("sigmoid between", s.min(), "and", s.max())
    return np.einsum("...,...,...->...", dy, s, 1 - s)


def softsign(x):
    return np.einsum("...,...->...", x, 1 / (1 + np.abs(x)))


def softsign_backward(dy, x):
    r = 1 / (1 + np.abs(x))
    return np.einsum("...,...,...->...", dy, r, r)


def crelu(x):
    both = np.stack([x, -x], axis=-2)
    return np.maximum(both, 0).reshape(*x.shape[:-1], 2 * x.shape[-1])


def crelu_backward(dy, x):
    parts = dy.reshape(x.shape[:-1] + (2, x.shape[-1]))
    mask = np.stack([x > 0, x <= 0], axis=-2)
    return np.einsum("...kd,...kd,k->...d", parts, mask.astype(float), np.array([1.0, -1.0]))
