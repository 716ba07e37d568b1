# functions: relu, relu_backward
# wrong: relu_backward
# about: dy * relu(x) in place of dy * relu'(x)
import numpy as np


def relu(x):
    return np.maximum(0, x)


def relu_backward(dy, x):
    return dy * relu(x)
