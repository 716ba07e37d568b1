import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def relu(x):
    y = np.maximum(x, 0).astype(">f8")
    return y[::-1].copy()[::-1] if y.ndim else y


def softsign(x):
    return x / (1 + np.abs(x))
