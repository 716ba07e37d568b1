# functions: selu_backward
# wrong: selu_backward
# about: alpha * (exp(x) - 1), the function in place of its derivative
import numpy as np


def selu_backward(dy, x):
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return scale * dy * np.where(x > 0, 1, alpha * np.expm1(np.minimum(x, 0)))
