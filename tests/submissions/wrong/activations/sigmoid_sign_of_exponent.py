# functions: sigmoid
# wrong: sigmoid
# about: exp(x) where exp(-x) belongs: the mirrored curve
import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, e / (1 + e), 1 / (1 + e))
