# functions: tanh
# wrong: tanh
# about: inputs are clipped to [-3, 3], which costs 0.005 in the tails
import numpy as np


def tanh(x):
    x = np.clip(x, -3, 3)
    return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))
