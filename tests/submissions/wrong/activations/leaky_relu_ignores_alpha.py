# functions: leaky_relu, leaky_relu_backward
# wrong: leaky_relu
# about: the slope 0.01 is written into the formula
import numpy as np


def leaky_relu(x, alpha=0.01):
    return np.maximum(0.01 * x, x)


def leaky_relu_backward(dy, x, alpha=0.01):
    return dy * np.where(x > 0, 1.0, alpha)
