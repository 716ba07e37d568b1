# functions: sigmoid, sigmoid_backward, tanh, tanh_backward, relu_backward, leaky_relu_backward, elu, elu_backward, softplus, softplus_backward, softsign_backward
# about: backward functions made by a factory from the derivative alone
import numpy as np


def _stable_sigmoid(x):
    pos = 1 / (1 + np.exp(-np.maximum(x, 0)))
    e = np.exp(np.minimum(x, 0))
    return np.where(x >= 0, pos, e / (1 + e))


def make_backward(derivative):
    def backward(dy, x, *params):
        return dy * derivative(x, *params)

    return backward


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def softplus(x):
    return np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)


sigmoid = _stable_sigmoid
tanh = np.tanh
sigmoid_backward = make_backward(lambda x: sigmoid(x) * sigmoid(-x))
tanh_backward = make_backward(lambda x: 1 - tanh(x) ** 2)
relu_backward = make_backward(lambda x: (x > 0).astype(float))
leaky_relu_backward = make_backward(lambda x, alpha=0.01: np.where(x > 0, 1, alpha))
elu_backward = make_backward(lambda x, alpha=1.0: np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0))))
softplus_backward = make_backward(sigmoid)
softsign_backward = make_backward(lambda x: 1 / (1 + np.abs(x)) ** 2)
