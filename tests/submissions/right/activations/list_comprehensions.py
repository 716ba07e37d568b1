# functions: relu, relu_backward, leaky_relu, leaky_relu_backward, relu6, relu6_backward, softsign, softsign_backward, crelu, crelu_backward, step
# about: comprehensions over the flattened array, reshaped afterwards
import numpy as np


def relu(x):
    return np.array([v if v > 0 else 0.0 for v in x.ravel()], dtype=float).reshape(x.shape)


def relu_backward(dy, x):
    return np.array([g if v > 0 else 0.0 for g, v in zip(dy.ravel(), x.ravel())], dtype=float).reshape(x.shape)


def leaky_relu(x, alpha=0.01):
    return np.array([v if v >= 0 else alpha * v for v in x.flatten()]).reshape(x.shape)


def leaky_relu_backward(dy, x, alpha=0.01):
    return np.array([g if v >= 0 else alpha * g for g, v in zip(dy.flatten(), x.flatten())]).reshape(x.shape)


def relu6(x):
    return np.array([min(6.0, max(0.0, v)) for v in x.flat]).reshape(x.shape)


def relu6_backward(dy, x):
    return np.array([g * (0.0 < v <= 6.0) for g, v in zip(dy.flat, x.flat)]).reshape(x.shape)


def softsign(x):
    return np.array([v / (1.0 + abs(v)) for v in x.flat]).reshape(x.shape)


def softsign_backward(dy, x):
    return np.array([g / (1.0 + abs(v)) / (1.0 + abs(v)) for g, v in zip(dy.flat, x.flat)]).reshape(x.shape)


def step(x):
    return np.array([1.0 if v >= 0 else 0.0 for v in x.flat]).reshape(x.shape)


def crelu(x):
    rows = x.reshape(-1, x.shape[-1])
    out = [[max(v, 0.0) for v in row] + [max(-v, 0.0) for v in row] for row in rows]
    return np.array(out).reshape(*x.shape[:-1], -1)


def crelu_backward(dy, x):
    d = x.shape[-1]
    rows, grads = x.reshape(-1, d), dy.reshape(-1, 2 * d)
    out = [[g[j] * (r[j] > 0) - g[j + d] * (r[j] < 0) for j in range(d)] for g, r in zip(grads, rows)]
    return np.array(out).reshape(x.shape)
