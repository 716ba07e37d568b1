# functions: relu, relu_backward
# wrong: relu_backward
# about: the backward uses the mask that the last forward left in a global, and ignores its x
import numpy as np

mask = 1.0


def relu(x):
    global mask
    mask = x > 0
    return np.where(mask, x, 0)


def relu_backward(dy, x):
    return dy * mask
