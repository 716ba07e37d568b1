# functions: tanh, tanh_backward, relu, relu_backward, leaky_relu, leaky_relu_backward, crelu, crelu_backward
# about: results in Fortran order, as transposed views, as every second element of a larger array, read-only
import numpy as np


def relu(x):
    return np.array(np.maximum(x, 0), order="F")


def relu_backward(dy, x):
    return (dy.T * (x.T > 0)).T


def leaky_relu(x, alpha=0.01):
    wide = np.zeros((*x.shape, 2))
    wide[..., 0] = np.where(x > 0, x, alpha * x)
    return wide[..., 0]


def leaky_relu_backward(dy, x, alpha=0.01):
    both = np.stack([alpha * dy, dy])
    return np.where(x > 0, both[1], both[0])[...]


def tanh(x):
    y = np.tanh(x.T).T
    return np.broadcast_to(y, y.shape)


def tanh_backward(dy, x):
    dx = np.asarray(dy * (1 - np.tanh(x) ** 2))
    dx.flags.writeable = False
    return dx


def crelu(x):
    return np.concatenate([np.maximum(x.T, 0), np.maximum(-x.T, 0)], axis=0).T


def crelu_backward(dy, x):
    halves = dy.reshape(*x.shape[:-1], 2, x.shape[-1])
    signs = np.stack([x > 0, -1.0 * (x < 0)], axis=-2)
    return (halves * signs).sum(axis=-2)
