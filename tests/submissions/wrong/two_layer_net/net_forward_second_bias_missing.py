# functions: net_forward
# wrong: net_forward
# about: b2 is forgotten
import numpy as np


def net_forward(x, w1, b1, w2, b2):
    h = np.maximum(x @ w1 + b1, 0)
    return h @ w2, (x, h, w2, b2)
