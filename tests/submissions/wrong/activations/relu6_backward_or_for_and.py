# functions: relu6_backward
# wrong: relu6_backward
# about: (x > 0)
import numpy as np


def relu6_backward(dy, x):
    return np.where((x > 0) | (x < 6), dy, 0)
