# functions: sigmoid
# wrong: sigmoid
# about: the exponent is clipped at 20, so that the tails stay at 2e-9
import numpy as np


def sigmoid(x):
    x = np.clip(x, -20, 20)
    return 1 / (1 + np.exp(-x))
