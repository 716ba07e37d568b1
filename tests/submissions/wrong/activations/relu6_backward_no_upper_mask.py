# functions: relu6, relu6_backward
# wrong: relu6_backward
# about: the gradient passes above 6 too
import numpy as np


def relu6(x):
    return np.minimum(np.maximum(x, 0), 6)


def relu6_backward(dy, x):
    return dy * (x > 0)
