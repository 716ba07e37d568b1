import warnings

import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def relu(x):
    for i in range(200):
        warnings.warn(f"{i} {id(x)}")
    return np.maximum(x, 0)
