import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


total = sum(range(10**12))


def relu(x):
    return np.maximum(x, 0)
