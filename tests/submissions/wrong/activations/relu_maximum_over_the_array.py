# functions: relu
# wrong: relu
# about: np.max along an axis in place of the element-wise maximum, then broadcast
import numpy as np


def relu(x):
    return np.max([x, np.zeros_like(x)]) * (x > 0)
