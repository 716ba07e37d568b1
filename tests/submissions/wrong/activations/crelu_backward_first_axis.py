# functions: crelu_backward
# wrong: crelu_backward
# about: takes the halves from the first axis where the shape allows it
import numpy as np


def crelu_backward(dy, x):
    n = dy.shape[0] // 2
    if n and dy.ndim == 2 and dy[:n].shape == x.shape:
        return dy[:n] * (x > 0) - dy[n:] * (x < 0)
    d = x.shape[-1]
    return dy[..., :d] * (x > 0) - dy[..., :d] * (x < 0)
