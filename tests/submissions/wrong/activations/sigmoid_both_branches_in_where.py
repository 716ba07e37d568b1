# functions: sigmoid
# wrong: sigmoid
# about: np.where picks the stable branch, but both are computed and one overflows
import numpy as np


def sigmoid(x):
    return np.where(x >= 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x)))
