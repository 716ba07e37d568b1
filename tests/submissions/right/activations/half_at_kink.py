# functions: relu, relu_backward, leaky_relu, leaky_relu_backward, elu, elu_backward, relu6, relu6_backward, crelu, crelu_backward, step
# about: the mean of the one-sided slopes at every kink, through np.heaviside and np.sign
import numpy as np


def relu(x):
    return 0.5 * (x + np.abs(x))


def relu_backward(dy, x):
    return dy * np.heaviside(x, 0.5)


def leaky_relu(x, alpha=0.01):
    return 0.5 * (1 + alpha) * x + 0.5 * (1 - alpha) * np.abs(x)


def leaky_relu_backward(dy, x, alpha=0.01):
    return dy * (0.5 * (1 + alpha) + 0.5 * (1 - alpha) * np.sign(x))


def relu6(x):
    return np.minimum(np.maximum(x, 0), 6)


def relu6_backward(dy, x):
    return dy * (np.heaviside(x, 0.5) - np.heaviside(x - 6, 0.5))


def crelu(x):
    return np.concatenate((0.5 * (np.abs(x) + x), 0.5 * (np.abs(x) - x)), axis=-1)


def crelu_backward(dy, x):
    d = x.shape[-1]
    return dy[..., :d] * np.heaviside(x, 0.5) - dy[..., d:] * np.heaviside(-x, 0.5)


def elu(x, alpha=1.0):
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0))


def elu_backward(dy, x, alpha=1.0):
    h = np.heaviside(x, 0.5)
    return dy * (h + (1 - h) * alpha * np.exp(np.minimum(x, 0)))


def step(x):
    return np.heaviside(x, 1.0)
