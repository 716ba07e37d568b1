# functions: sgd
# wrong: sgd
# about: returns the parameters alone
import numpy as np


def sgd(w, g, state, lr):
    return w - lr * g
