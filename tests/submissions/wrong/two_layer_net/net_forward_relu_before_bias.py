# functions: net_forward
# wrong: net_forward
# about: the ReLU is applied before the bias is added
import numpy as np


def net_forward(x, w1, b1, w2, b2):
    h = np.maximum(0, x @ w1) + b1
    return h @ w2 + b2, (x, h, w2)
