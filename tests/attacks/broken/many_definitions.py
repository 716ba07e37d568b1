import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


for_each = [exec(f"def f{i}(x): return [x] * 7", globals()) for i in range(6000)]
relu = f5999


def softsign(x):
    return x / (1 + np.abs(x))
