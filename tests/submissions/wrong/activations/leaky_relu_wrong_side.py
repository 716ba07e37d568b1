# functions: leaky_relu
# wrong: leaky_relu
# about: the slope alpha on the positive side
import numpy as np


def leaky_relu(x, alpha=0.01):
    return np.where(x > 0, alpha * x, x)
