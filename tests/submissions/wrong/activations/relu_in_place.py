# functions: relu, relu_backward
# wrong: relu
# about: sets the negative entries of its argument to zero
import numpy as np


def relu(x):
    x[x < 0] = 0
    return x


def relu_backward(dy, x):
    return dy * (x > 0)
