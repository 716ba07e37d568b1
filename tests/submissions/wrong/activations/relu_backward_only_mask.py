# functions: relu_backward
# wrong: relu_backward
# about: returns the mask and forgets dy
import numpy as np


def relu_backward(dy, x):
    return np.where(x > 0, 1.0, 0.0)
