# functions: relu, relu_backward, leaky_relu, leaky_relu_backward, elu, elu_backward, selu, selu_backward, relu6, relu6_backward, crelu, crelu_backward
# about: Boolean masks multiplied with values; negative parts through np.minimum; slope 0 at the kink
import numpy as np


def relu(x):
    return x * (x > 0)


def relu_backward(dy, x):
    return dy * (x > 0)


def leaky_relu(x, alpha=0.01):
    return x * (x > 0) + alpha * x * (x <= 0)


def leaky_relu_backward(dy, x, alpha=0.01):
    mask = (x > 0).astype(float)
    return dy * (mask + alpha * (1 - mask))


def elu(x, alpha=1.0):
    return (x > 0) * x + (x <= 0) * alpha * (np.exp(np.minimum(x, 0)) - 1)


def elu_backward(dy, x, alpha=1.0):
    slope = (x > 0) + (x <= 0) * alpha * np.exp(np.minimum(x, 0))
    return dy * slope


def selu(x):
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return scale * ((x > 0) * x + (x <= 0) * alpha * (np.exp(np.minimum(x, 0)) - 1))


def selu_backward(dy, x):
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return scale * dy * ((x > 0) + (x <= 0) * alpha * np.exp(np.minimum(x, 0)))


def relu6(x):
    return x * (x > 0) * (x < 6) + 6 * (x >= 6)


def relu6_backward(dy, x):
    return dy * (x > 0) * (x < 6)


def crelu(x):
    return np.concatenate([x * (x > 0), -x * (x < 0)], axis=-1)


def crelu_backward(dy, x):
    a, b = np.split(dy, 2, axis=-1)
    return a * (x > 0) - b * (x < 0)
