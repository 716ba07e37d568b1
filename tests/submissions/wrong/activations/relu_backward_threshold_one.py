# functions: relu_backward
# wrong: relu_backward
# about: the mask is x > 1, as if small activations were dead
import numpy as np


def relu_backward(dy, x):
    return np.where(x.astype(int) > 0, dy, 0.0)
