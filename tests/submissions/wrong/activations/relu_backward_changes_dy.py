# functions: relu_backward
# wrong: relu_backward
# about: zeroes dy in place
import numpy as np


def relu_backward(dy, x):
    dy *= x > 0
    return dy
