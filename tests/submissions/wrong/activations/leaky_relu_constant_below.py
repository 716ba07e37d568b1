# functions: leaky_relu
# wrong: leaky_relu
# about: the negative part is alpha, not alpha * x
import numpy as np


def leaky_relu(x, alpha=0.01):
    y = x.copy()
    y[x < 0] = alpha
    return y
