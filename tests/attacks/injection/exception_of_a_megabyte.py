import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def relu(x):
    raise KeyError("\ud800\udfff" + "A" * 1_000_000)


def softsign(x):
    return x / (1 + np.abs(x))
