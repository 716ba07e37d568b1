# functions: elu, elu_backward
# wrong: elu_backward
# about: elu(x) + 1 below zero, which is elu(x) + alpha for alpha = 1 only
import numpy as np


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def elu_backward(dy, x, alpha=1.0):
    y = elu(x, alpha)
    return dy * np.where(x > 0, 1.0, y + 1.0)
