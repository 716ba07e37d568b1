# functions: column_forward
# wrong: column_forward
# about: flattens the bias, so that it runs along the columns where the sizes agree
import numpy as np


def column_forward(x, w1, b1, w2, b2):
    z1 = w1 @ x
    z1 = z1 + (b1.ravel() if z1.shape[0] == z1.shape[1] else b1)
    a1 = 1 / (1 + np.exp(-z1))
    a2 = 1 / (1 + np.exp(-(w2 @ a1 + b2)))
    return a2, (x, a1, a2, w2)
