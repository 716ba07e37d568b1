import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


NAME = "<b onmouseover=alert(1)>]]>\x1b[2J\n::error::owned,\u202e"


def relu(x):
    return type("Odd", (), {"__module__": NAME, "__qualname__": NAME})()


def softsign(x):
    return x / (1 + np.abs(x))
