# functions: net_forward
# wrong: net_forward
# about: two affine layers with nothing between
import numpy as np


def net_forward(x, w1, b1, w2, b2):
    h = x @ w1 + b1
    return h @ w2 + b2, (x, h, w2)
