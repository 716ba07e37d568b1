# functions: sigmoid
# wrong: sigmoid
# about: the result array has an integer type, which cuts every value to 0 or 1
import numpy as np


def sigmoid(x):
    out = np.zeros(x.shape, dtype=int)
    for i in np.ndindex(*x.shape):
        if x[i] > 0:
            out[i] = 1 / (1 + np.exp(-x[i]))
        else:
            out[i] = np.exp(x[i]) / (1 + np.exp(x[i]))
    return out
