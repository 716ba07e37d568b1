import os

import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def relu(x):
    os.write(1, b"x" * 2**20)
    os.write(2, b"x" * 2**20)
    return np.maximum(x, 0)
