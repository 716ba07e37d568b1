# functions: tanh, tanh_backward
# wrong: tanh
# about: the quotient of exponentials is inf / inf for large inputs
import numpy as np


def tanh(x):
    a, b = np.exp(x), np.exp(-x)
    return (a - b) / (a + b)


def tanh_backward(dy, x):
    return dy * (1 - np.tanh(x) ** 2)
