# functions: relu6
# wrong: relu6
# about: forgets the cap at 6
import numpy as np


def relu6(x):
    return np.maximum(0, x)
