# functions: column_forward
# wrong: column_forward
# about: the second layer stays linear
import numpy as np


def column_forward(x, w1, b1, w2, b2):
    a1 = 1 / (1 + np.exp(-(w1 @ x + b1)))
    return w2 @ a1 + b2, (x, a1, w2)
