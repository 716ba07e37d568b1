import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


NAME = "<img src=x onerror=alert(1)>]]>\x1b[31m\n::error::owned"


def relu(x):
    raise type(NAME, (Exception,), {"__module__": NAME, "__qualname__": NAME})(NAME)


def softsign(x):
    return x / (1 + np.abs(x))
