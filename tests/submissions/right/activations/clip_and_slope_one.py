# functions: relu, relu_backward, leaky_relu, leaky_relu_backward, elu, elu_backward, relu6, relu6_backward, crelu, crelu_backward
# about: np.clip for the rectifiers; the slope at every kink is that of the right side
import numpy as np


def relu(x):
    return np.clip(x, 0, None)


def relu_backward(dy, x):
    return np.where(x >= 0, dy, 0.0)


def relu6(x):
    return np.clip(x, 0, 6)


def relu6_backward(dy, x):
    inside = np.logical_and(x >= 0, x <= 6)
    return inside * dy


def leaky_relu(x, alpha=0.01):
    return np.clip(x, 0, None) + alpha * np.clip(x, None, 0)


def leaky_relu_backward(dy, x, alpha=0.01):
    return np.where(x >= 0, 1.0, alpha) * dy


def crelu(x):
    return np.append(np.clip(x, 0, None), np.clip(-x, 0, None), axis=-1)


def crelu_backward(dy, x):
    d = x.shape[-1]
    return np.where(x >= 0, dy[..., :d], 0) - np.where(x <= 0, dy[..., d:], 0)


def elu(x, alpha=1.0):
    return np.clip(x, 0, None) + alpha * np.expm1(np.clip(x, None, 0))


def elu_backward(dy, x, alpha=1.0):
    return dy * np.where(x >= 0, 1.0, alpha * np.exp(np.clip(x, None, 0)))
