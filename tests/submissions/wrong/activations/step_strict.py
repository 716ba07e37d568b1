# functions: step
# wrong: step
# about: strictly greater: 0 at x = 0
import numpy as np


def step(x):
    return (x > 0).astype(float)
