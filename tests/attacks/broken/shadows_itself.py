import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


from shadows_itself import relu as again
import shadows_itself.shadows_itself


def relu(x):
    from submission import relu

    return relu(x)


def softsign(x):
    return x / (1 + np.abs(x))
