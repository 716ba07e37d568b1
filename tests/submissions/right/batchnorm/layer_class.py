# functions: batchnorm_forward, batchnorm_backward
# about: a layer object does the work and is its own cache; results come as a list
import numpy as np


class BatchNorm:
    """Keeps what its backward needs as attributes."""

    def __init__(self, gamma, beta, *, momentum, eps):
        self.gamma, self.beta = gamma, beta
        self.momentum, self.eps = momentum, eps

    def train(self, x):
        self.centred = x - x.mean(axis=0)
        self.var = np.einsum("ij,ij->j", self.centred, self.centred) / len(x)
        return x.mean(axis=0), self.var, self.apply(self.centred, self.var)

    def apply(self, centred, var):
        return self.gamma * centred / np.sqrt(var + self.eps) + self.beta

    def mix(self, old, new):
        return self.momentum * old + (1.0 - self.momentum) * new

    def backward(self, dy):
        a = self.var + self.eps
        proj = (self.centred * dy).mean(axis=0) / a
        dx = self.gamma / np.sqrt(a) * (dy - dy.mean(axis=0) - self.centred * proj)
        return [dx, (dy * self.centred).sum(axis=0) / np.sqrt(a), dy.sum(axis=0)]


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    layer = BatchNorm(gamma, beta, momentum=momentum, eps=eps)
    if training:
        mean, var, y = layer.train(x)
        return [y, layer.mix(running_mean, mean), layer.mix(running_var, var), layer]
    return [layer.apply(x - running_mean, running_var), running_mean, running_var, layer]


def batchnorm_backward(dy, cache):
    return cache.backward(dy)
