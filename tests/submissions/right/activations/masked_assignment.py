# functions: sigmoid, sigmoid_backward, relu, relu_backward, leaky_relu, leaky_relu_backward, elu, elu_backward, relu6, relu6_backward, crelu, crelu_backward
# about: assignment through Boolean indices and ufunc out= and where= on fresh arrays
import numpy as np


def relu(x):
    y = x.copy()
    y[y < 0] = 0
    return y


def relu_backward(dy, x):
    dx = np.array(dy)
    dx[x <= 0] = 0
    return dx


def leaky_relu(x, alpha=0.01):
    y = np.array(x, dtype=float)
    y[x < 0] *= alpha
    return y


def leaky_relu_backward(dy, x, alpha=0.01):
    dx = dy.copy()
    dx[x < 0] *= alpha
    return dx


def relu6(x):
    y = x.copy()
    y[x < 0] = 0
    y[x > 6] = 6
    return y


def relu6_backward(dy, x):
    dx = dy.copy()
    dx[(x <= 0) | (x >= 6)] = 0
    return dx


def sigmoid(x):
    y = np.empty(x.shape)
    up = x >= 0
    y[up] = 1 / (1 + np.exp(-x[up]))
    e = np.exp(x[~up])
    y[~up] = e / (1 + e)
    return y


def sigmoid_backward(dy, x):
    dx = sigmoid(x)
    dx *= 1 - dx
    dx *= dy
    return dx


def elu(x, alpha=1.0):
    y = x.copy()
    np.expm1(x, out=y, where=x < 0)
    np.multiply(y, alpha, out=y, where=x < 0)
    return y


def elu_backward(dy, x, alpha=1.0):
    dx = dy.copy()
    dx[x < 0] *= alpha * np.exp(x[x < 0])
    return dx


def crelu(x):
    y = np.zeros((*x.shape[:-1], 2 * x.shape[-1]))
    d = x.shape[-1]
    np.maximum(x, 0, out=y[..., :d])
    np.maximum(-x, 0, out=y[..., d:])
    return y


def crelu_backward(dy, x):
    d = x.shape[-1]
    dx = dy[..., :d].copy()
    dx[x < 0] = -dy[..., d:][x < 0]
    return dx
