# functions: leaky_relu_backward
# wrong: leaky_relu_backward
# about: multiplies by alpha where x is positive
import numpy as np


def leaky_relu_backward(dy, x, alpha=0.01):
    dx = dy.copy()
    dx[x > 0] *= alpha
    return dx
