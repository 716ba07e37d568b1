# functions: crelu_backward
# wrong: crelu_backward
# about: only the first half's gradient is used
import numpy as np


def crelu_backward(dy, x):
    return dy[..., : x.shape[-1]] * (x > 0)
