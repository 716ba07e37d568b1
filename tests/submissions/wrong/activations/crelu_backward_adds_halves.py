# functions: crelu, crelu_backward
# wrong: crelu_backward
# about: the gradient of the second half is added, not subtracted
import numpy as np


def crelu(x):
    return np.concatenate([np.maximum(x, 0), np.maximum(-x, 0)], axis=-1)


def crelu_backward(dy, x):
    d = x.shape[-1]
    return dy[..., :d] * (x > 0) + dy[..., d:] * (x < 0)
