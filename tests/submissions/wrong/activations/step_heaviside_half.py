# functions: step
# wrong: step
# about: the Heaviside function with 1/2 at zero
import numpy as np


def step(x):
    return np.heaviside(x, 0.5)
