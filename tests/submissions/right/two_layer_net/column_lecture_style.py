# functions: column_forward, column_backward
# about: the column convention with 1/m in front, dicts of parameters, stable sigmoid, asserts
import numpy as np


def _sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z < 0, e, 1.0) / (1.0 + e)


def column_forward(x, w1, b1, w2, b2):
    Z1 = np.dot(w1, x) + b1
    A1 = _sigmoid(Z1)
    Z2 = np.dot(w2, A1) + b2
    A2 = _sigmoid(Z2)
    assert A2.shape == (w2.shape[0], x.shape[1])
    cache = {"X": x, "Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2, "W2": w2}
    return A2, cache


def column_backward(y, cache):
    m = cache["X"].shape[1]
    A1, A2 = cache["A1"], cache["A2"]
    dZ2 = A2 - y
    dW2 = 1 / m * np.dot(dZ2, A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = np.dot(cache["W2"].T, dZ2)
    dZ1 = dA1 * _sigmoid(cache["Z1"]) * _sigmoid(-cache["Z1"])
    dW1 = 1 / m * np.dot(dZ1, cache["X"].T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return dW1, db1, dW2, db2
