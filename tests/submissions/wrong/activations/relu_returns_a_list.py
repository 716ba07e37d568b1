# functions: relu
# wrong: relu
# about: a Python list of numbers instead of an array
import numpy as np


def relu(x):
    return np.maximum(x, 0).tolist()
