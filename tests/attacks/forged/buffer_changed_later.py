import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


BUFFERS = {}


def relu(x):
    buffer = BUFFERS.setdefault(x.shape, np.empty(x.shape))
    np.maximum(x, 0, out=buffer)
    return buffer


def softsign(x):
    return x / (1 + np.abs(x))
