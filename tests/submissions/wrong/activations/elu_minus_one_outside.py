# functions: elu
# wrong: elu
# about: alpha * exp(x) - 1: right for alpha = 1 only
import numpy as np


def elu(x, alpha=1.0):
    y = x.copy()
    below = x < 0
    y[below] = alpha * np.exp(x[below]) - 1
    return y
