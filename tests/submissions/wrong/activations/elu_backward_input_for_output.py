# functions: elu_backward
# wrong: elu_backward
# about: x + alpha: the formula in terms of the output, fed the input
import numpy as np


def elu_backward(dy, x, alpha=1.0):
    grad = np.ones_like(x)
    grad[x < 0] = x[x < 0] + alpha
    return dy * grad
