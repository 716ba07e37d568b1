# functions: column_forward, column_backward
# about: the column convention computed in rows by transposing, results as transposed views
import numpy as np


def column_forward(x, w1, b1, w2, b2):
    rows = x.T
    s1 = 1 / (1 + np.exp(-(rows @ w1.T + b1[:, 0])))
    s2 = 1 / (1 + np.exp(-(s1 @ w2.T + b2.ravel())))
    return s2.T, {"rows": rows, "s1": s1, "s2": s2, "w2": w2}


def column_backward(y, cache):
    rows, s1, s2, w2 = cache["rows"], cache["s1"], cache["s2"], cache["w2"]
    d2 = (s2 - y.T) / len(rows)
    d1 = d2 @ w2 * (s1 - s1 ** 2)
    return (rows.T @ d1).T, d1.sum(axis=0).reshape(-1, 1), (s1.T @ d2).T, d2.sum(axis=0)[:, np.newaxis]
