# functions: leaky_relu, leaky_relu_backward, selu, selu_backward, relu6, relu6_backward, crelu, crelu_backward, step
# about: computed and returned in float32
import numpy as np

F = np.float32


def relu6(x):
    return np.clip(np.asarray(x, F), F(0), F(6))


def relu6_backward(dy, x):
    return np.where((x > 0) & (x < 6), np.asarray(dy, F), F(0))


def leaky_relu(x, alpha=0.01):
    x = np.asarray(x, F)
    return np.where(x > 0, x, F(alpha) * x)


def leaky_relu_backward(dy, x, alpha=0.01):
    dy = np.asarray(dy, F)
    return np.where(x > 0, dy, F(alpha) * dy)


def selu(x):
    x = np.asarray(x, F)
    return F(1.0507009873554805) * np.where(x > 0, x, F(1.6732632423543772) * np.expm1(np.minimum(x, F(0))))


def selu_backward(dy, x):
    x = np.asarray(x, F)
    slope = np.where(x > 0, F(1), F(1.6732632423543772) * np.exp(np.minimum(x, F(0))))
    return F(1.0507009873554805) * slope * np.asarray(dy, F)


def crelu(x):
    x = np.asarray(x, F)
    return np.concatenate([np.maximum(x, 0), np.maximum(-x, 0)], axis=-1)


def crelu_backward(dy, x):
    dy = np.asarray(dy, F)
    left, right = np.split(dy, 2, axis=-1)
    return np.where(x > 0, left, F(0)) - np.where(x < 0, right, F(0))


def step(x):
    return np.asarray(x >= 0, F)
