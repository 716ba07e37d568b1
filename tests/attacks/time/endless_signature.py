import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


class Slow:
    @property
    def __signature__(self):
        while True:
            pass

    def __call__(self, x):
        return np.maximum(x, 0)


relu = Slow()
