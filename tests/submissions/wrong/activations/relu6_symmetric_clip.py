# functions: relu6
# wrong: relu6
# about: clips to [-6, 6]
import numpy as np


def relu6(x):
    return np.clip(x, -6, 6)
