# functions: selu_backward
# wrong: selu_backward
# about: the scale is missing on the positive side
import numpy as np


def selu_backward(dy, x):
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    dx = dy.copy()
    neg = x < 0
    dx[neg] = dy[neg] * scale * alpha * np.exp(x[neg])
    return dx
