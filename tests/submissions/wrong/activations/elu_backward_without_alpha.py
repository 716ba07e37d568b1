# functions: elu, elu_backward
# wrong: elu_backward
# about: exp(x) below zero: alpha is forgotten
import numpy as np


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def elu_backward(dy, x, alpha=1.0):
    return dy * np.where(x > 0, 1, np.exp(np.minimum(x, 0)))
