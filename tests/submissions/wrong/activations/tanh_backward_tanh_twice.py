# functions: tanh, tanh_backward
# wrong: tanh_backward
# about: applies tanh to the output again before squaring
import numpy as np


def tanh(x):
    return np.tanh(x)


def tanh_backward(dy, x):
    y = tanh(x)
    return dy * (1 - tanh(y) ** 2)
