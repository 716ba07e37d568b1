# functions: relu, relu_backward
# wrong: relu_backward
# about: passes dy through and forgets the mask x > 0
import numpy as np


def relu(x):
    return np.maximum(0, x)


def relu_backward(dy, x):
    dx = np.array(dy, copy=True)
    return dx
