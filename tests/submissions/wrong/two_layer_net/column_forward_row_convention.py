# functions: column_forward
# wrong: column_forward
# about: returns the activations with samples in rows
import numpy as np


def column_forward(x, w1, b1, w2, b2):
    a1 = 1 / (1 + np.exp(-(w1 @ x + b1)))
    a2 = 1 / (1 + np.exp(-(w2 @ a1 + b2)))
    return a2.T, (x, a1, a2.T, w2)
