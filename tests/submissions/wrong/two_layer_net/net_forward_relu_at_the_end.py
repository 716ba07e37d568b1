# functions: net_forward
# wrong: net_forward
# about: a ReLU on the scores too
import numpy as np


def net_forward(x, w1, b1, w2, b2):
    h = np.maximum(0, x @ w1 + b1)
    z = np.maximum(0, h @ w2 + b2)
    return z, (x, h, w2)
