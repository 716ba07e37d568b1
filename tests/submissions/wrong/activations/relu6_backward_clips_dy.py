# functions: relu6_backward
# wrong: relu6_backward
# about: clips dy to [0, 6] instead of masking it
import numpy as np


def relu6_backward(dy, x):
    return np.clip(dy, 0, 6) * (x > 0) * (x < 6)
