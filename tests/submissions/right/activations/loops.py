# functions: sigmoid, sigmoid_backward, tanh, tanh_backward, relu, relu_backward, leaky_relu, leaky_relu_backward, elu, elu_backward, selu, selu_backward, relu6, relu6_backward, softplus, softplus_backward, softsign, softsign_backward, crelu, crelu_backward, step
# about: every function as an explicit loop over the elements, with math instead of numpy
import math
import numpy as np

ALPHA = 1.6732632423543772
SCALE = 1.0507009873554805


def _sig(v):
    if v >= 0:
        return 1.0 / (1.0 + math.exp(-v))
    e = math.exp(v)
    return e / (1.0 + e)


def sigmoid(x):
    y = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        y[i] = _sig(x[i])
    return y


def sigmoid_backward(dy, x):
    dx = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        s = _sig(x[i])
        dx[i] = dy[i] * s * (1 - s)
    return dx


def tanh(x):
    y = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        y[i] = math.tanh(x[i])
    return y


def tanh_backward(dy, x):
    dx = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        t = math.tanh(x[i])
        dx[i] = dy[i] * (1 - t * t)
    return dx


def relu(x):
    y = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        if x[i] > 0:
            y[i] = x[i]
    return y


def relu_backward(dy, x):
    dx = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        if x[i] > 0:
            dx[i] = dy[i]
    return dx


def leaky_relu(x, alpha=0.01):
    y = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        if x[i] > 0:
            y[i] = x[i]
        else:
            y[i] = alpha * x[i]
    return y


def leaky_relu_backward(dy, x, alpha=0.01):
    dx = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        if x[i] > 0:
            dx[i] = dy[i]
        else:
            dx[i] = alpha * dy[i]
    return dx


def elu(x, alpha=1.0):
    y = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        if x[i] > 0:
            y[i] = x[i]
        else:
            y[i] = alpha * (math.exp(x[i]) - 1)
    return y


def elu_backward(dy, x, alpha=1.0):
    dx = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        if x[i] > 0:
            dx[i] = dy[i]
        else:
            dx[i] = dy[i] * alpha * math.exp(x[i])
    return dx


def selu(x):
    y = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        if x[i] > 0:
            y[i] = SCALE * x[i]
        else:
            y[i] = SCALE * ALPHA * math.expm1(x[i])
    return y


def selu_backward(dy, x):
    dx = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        if x[i] > 0:
            dx[i] = SCALE * dy[i]
        else:
            dx[i] = SCALE * ALPHA * math.exp(x[i]) * dy[i]
    return dx


def relu6(x):
    y = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        y[i] = min(max(x[i], 0.0), 6.0)
    return y


def relu6_backward(dy, x):
    dx = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        if 0 < x[i] < 6:
            dx[i] = dy[i]
    return dx


def softplus(x):
    y = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        v = x[i]
        y[i] = max(v, 0.0) + math.log1p(math.exp(-abs(v)))
    return y


def softplus_backward(dy, x):
    dx = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        dx[i] = dy[i] * _sig(x[i])
    return dx


def softsign(x):
    y = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        y[i] = x[i] / (1 + abs(x[i]))
    return y


def softsign_backward(dy, x):
    dx = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        dx[i] = dy[i] / (1 + abs(x[i])) ** 2
    return dx


def crelu(x):
    d = x.shape[-1]
    y = np.zeros(x.shape[:-1] + (2 * d,))
    for i in np.ndindex(*x.shape[:-1]):
        for j in range(d):
            if x[i][j] > 0:
                y[i][j] = x[i][j]
            else:
                y[i][d + j] = -x[i][j]
    return y


def crelu_backward(dy, x):
    d = x.shape[-1]
    dx = np.zeros(x.shape)
    for i in np.ndindex(*x.shape[:-1]):
        for j in range(d):
            if x[i][j] > 0:
                dx[i][j] = dy[i][j]
            else:
                dx[i][j] = -dy[i][d + j]
    return dx


def step(x):
    y = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        if x[i] >= 0:
            y[i] = 1.0
    return y
