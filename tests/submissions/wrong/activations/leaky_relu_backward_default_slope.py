# functions: leaky_relu_backward
# wrong: leaky_relu_backward
# about: uses 0.01 whatever alpha is
import numpy as np


def leaky_relu_backward(dy, x, alpha=0.01):
    dx = dy.copy()
    dx[x < 0] = dx[x < 0] * 0.01
    return dx
