# functions: tanh, tanh_backward
# wrong: tanh_backward
# about: 1 - x^2: the derivative in terms of the output, fed the input
import numpy as np


def tanh(x):
    return np.tanh(x)


def tanh_backward(dy, x):
    return (1 - x ** 2) * dy
