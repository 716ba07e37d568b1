# functions: net_forward
# wrong: net_forward
# about: a sigmoid hidden layer
import numpy as np


def net_forward(x, w1, b1, w2, b2):
    h = 0.5 * (1 + np.tanh(0.5 * (x @ w1 + b1)))
    return h @ w2 + b2, (x, h, w2)
