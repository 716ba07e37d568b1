# functions: sgd
# wrong: sgd
# about: changes w in place
import numpy as np


def sgd(w, g, state, lr):
    w -= lr * g
    return w, state
