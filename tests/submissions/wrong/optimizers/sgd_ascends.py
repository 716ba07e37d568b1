# functions: sgd
# wrong: sgd
# about: adds the gradient
import numpy as np


def sgd(w, g, state, lr):
    return w + lr * g, state
