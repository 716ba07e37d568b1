# functions: relu_backward
# wrong: relu_backward
# about: masks where dy is negative instead of x
import numpy as np


def relu_backward(dy, x):
    dx = dy.copy()
    dx[dy <= 0] = 0
    return dx
