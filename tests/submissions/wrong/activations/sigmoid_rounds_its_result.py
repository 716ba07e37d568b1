# functions: sigmoid
# wrong: sigmoid
# about: rounds the result to three digits
import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.round(np.where(x >= 0, 1 / (1 + e), e / (1 + e)), 3)
