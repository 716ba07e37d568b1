# functions: leaky_relu
# wrong: leaky_relu
# about: max(x, 0) - alpha * min(x, 0): the sign of the leak
import numpy as np


def leaky_relu(x, alpha=0.01):
    return np.maximum(x, 0) - alpha * np.minimum(x, 0)
