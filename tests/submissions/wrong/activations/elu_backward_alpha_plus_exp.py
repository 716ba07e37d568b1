# functions: elu_backward
# wrong: elu_backward
# about: alpha + exp(x) in place of the product
import numpy as np


def elu_backward(dy, x, alpha=1.0):
    return np.where(x > 0, dy, dy * (alpha + np.exp(np.minimum(x, 0))))
