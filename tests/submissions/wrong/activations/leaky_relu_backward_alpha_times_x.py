# functions: leaky_relu, leaky_relu_backward
# wrong: leaky_relu_backward
# about: the slope below zero is alpha * x
import numpy as np


def leaky_relu(x, alpha=0.01):
    return np.where(x > 0, x, alpha * x)


def leaky_relu_backward(dy, x, alpha=0.01):
    return dy * np.where(x > 0, 1, alpha * x)
