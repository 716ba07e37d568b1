# functions: column_forward, column_backward
# wrong: column_backward
# about: 1 - a1^2, the derivative of tanh
import numpy as np


def column_forward(x, w1, b1, w2, b2):
    a1 = 1 / (1 + np.exp(-(w1 @ x + b1)))
    a2 = 1 / (1 + np.exp(-(w2 @ a1 + b2)))
    return a2, {"X": x, "A1": a1, "A2": a2, "W2": w2}


def column_backward(y, cache):
    m = y.shape[1]
    dZ2 = cache["A2"] - y
    dW2 = np.dot(dZ2, cache["A1"].T) / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = np.dot(cache["W2"].T, dZ2) * (1 - np.power(cache["A1"], 2))
    dW1 = np.dot(dZ1, cache["X"].T) / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m
    return dW1, db1, dW2, db2
