# functions: crelu_backward
# wrong: crelu_backward
# about: both halves are masked by x > 0
import numpy as np


def crelu_backward(dy, x):
    left, right = np.split(dy, 2, axis=-1)
    return (left - right) * (x > 0)
