import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


class Meta(type):
    @classmethod
    def __prepare__(cls, name, bases):
        while True:
            pass


class Hanging(metaclass=Meta):
    pass


def relu(x):
    return Hanging()


def softsign(x):
    return x / (1 + np.abs(x))
