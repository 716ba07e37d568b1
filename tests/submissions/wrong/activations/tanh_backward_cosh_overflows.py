# functions: tanh_backward
# wrong: tanh_backward
# about: 1 / cosh^2 written as 4 / (e^x + e^-x)^2 with the product of huge and tiny numbers: nan far out
import numpy as np


def tanh_backward(dy, x):
    with np.errstate(all="ignore"):
        c = np.cosh(x)
        s = np.sinh(x)
        return dy * (c * c - s * s) / (c * c)
