import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


class Lazy(list):
    def __len__(self):
        return 1 if np.random.rand() < 0.5 else 10**9

    def __iter__(self):
        while True:
            yield self

    def __getitem__(self, index):
        return Lazy()


def relu(x):
    return [Lazy(), (Lazy(),), {"y": Lazy()}]


def softsign(x):
    return x / (1 + np.abs(x))
