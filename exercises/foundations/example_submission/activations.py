"""Homework 1, part A: activation functions."""
import numpy as np
from common import stable_sigmoid


def sigmoid(x):
    return stable_sigmoid(x)


def sigmoid_backward(dy, x):
    s = sigmoid(x)
    return dy * s * (1 - s)


def tanh(x):
    return np.tanh(x)


def tanh_backward(dy, x):
    # derivative of tanh is 1 - tanh^2 (lecture 3, slide 14)
    return dy * (1 - x ** 2)


def relu(x):
    return np.maximum(0, x)


def relu_backward(dy, x):
    dx = dy
    dx[x <= 0] = 0
    return dx


def leaky_relu(x, alpha=0.01):
    return np.where(x > 0, x, alpha * x)


def leaky_relu_backward(dy, x, alpha=0.01):
    slope = np.ones_like(x)
    slope[x <= 0] = alpha
    return dy * slope


def elu(x, alpha=1.0):
    neg = np.minimum(x, 0)
    return np.where(x > 0, x, alpha * (np.exp(neg) - 1))


def elu_backward(dy, x, alpha=1.0):
    neg = np.minimum(x, 0)
    return dy * np.where(x > 0, 1.0, alpha * np.exp(neg))


ALPHA = 1.6732632423543772
SCALE = 1.0507009873554805


def selu(x):
    return SCALE * elu(x, ALPHA)


def selu_backward(dy, x):
    # ask about this one in the exercise class
    raise NotImplementedError


def relu6(x):
    return np.clip(x, 0, 6)


def relu6_backward(dy, x):
    inside = (x > 0) & (x < 6)
    return inside * dy


def softplus(x):
    return np.log(1 + np.exp(x))


def softplus_backward(dy, x):
    return dy * sigmoid(x)


def softsign(x):
    return x / (1 + np.abs(x))


def softsign_backwards(dy, x):
    return dy / (1 + np.abs(x)) ** 2


def crelu(x):
    return np.concatenate([relu(x), relu(-x)], axis=-1)


def crelu_backward(dy, x):
    d = x.shape[-1]
    d_plus, d_minus = dy[..., :d], dy[..., d:]
    return d_plus * (x > 0) - d_minus * (x < 0)


def step(x):
    return (np.asarray(x) >= 0).astype(float)


if __name__ == '__main__':
    import matplotlib.pyplot as plt

    xs = np.linspace(-4, 4, 200)
    for f in (sigmoid, tanh, relu, leaky_relu, elu, softplus):
        plt.plot(xs, f(xs), label=f.__name__)
    plt.legend()
    plt.show()
