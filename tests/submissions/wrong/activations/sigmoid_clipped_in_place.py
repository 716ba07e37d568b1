# functions: sigmoid
# wrong: sigmoid
# about: clips its input in place before the exponential
import numpy as np


def sigmoid(x):
    x[x < -500] = -500
    return 1 / (1 + np.exp(-x))
