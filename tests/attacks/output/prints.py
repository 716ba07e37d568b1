import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def relu(x):
    for _ in range(10):
        print("x" * 2**20)
    return np.maximum(x, 0)
