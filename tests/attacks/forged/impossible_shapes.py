import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def relu(x):
    if x.size % 2:
        return np.empty((0, 2**40, 2**20))
    return np.empty((1,) * 32 + (0,) * 32)


def softsign(x):
    return x / (1 + np.abs(x))
