# functions: selu_backward
# wrong: selu_backward
# about: alpha is missing from the derivative
import numpy as np


def selu_backward(dy, x):
    scale = 1.0507009873554805
    return scale * dy * np.where(x > 0, 1, np.exp(np.minimum(x, 0)))
