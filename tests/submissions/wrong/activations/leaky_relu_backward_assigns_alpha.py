# functions: leaky_relu_backward
# wrong: leaky_relu_backward
# about: below zero the gradient is alpha itself, without dy
import numpy as np


def leaky_relu_backward(dy, x, alpha=0.01):
    dx = np.array(dy)
    dx[x < 0] = alpha
    return dx
