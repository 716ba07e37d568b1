import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


SOURCE = "def relu(x):\n    raise ValueError('from elsewhere')\n"
scope = {}
done = [exec(compile(SOURCE, "<script>alert(1)</script>\x1b[2J", "exec"), scope)]
relu = scope["relu"]


def softsign(x):
    return x / (1 + np.abs(x))
