import sys

import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


sys.setrecursionlimit(10**9)


class Deep:
    def __repr__(self):
        return repr([self])

    __hash__ = None


def relu(x):
    return repr(Deep())
