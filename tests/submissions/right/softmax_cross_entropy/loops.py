# functions: softmax, softmax_backward, softmax_cross_entropy
# about: three nested loops and the math module
import math

import numpy as np


def softmax(z):
    n, c = z.shape
    p = np.zeros((n, c))
    for i in range(n):
        top = max(z[i])
        total = 0.0
        for j in range(c):
            p[i, j] = math.exp(z[i, j] - top)
            total += p[i, j]
        for j in range(c):
            p[i, j] /= total
    return p


def softmax_backward(dp, p):
    n, c = p.shape
    dz = np.zeros((n, c))
    for i in range(n):
        for j in range(c):
            for k in range(c):
                delta = 1.0 if j == k else 0.0
                dz[i, j] += dp[i, k] * p[i, k] * (delta - p[i, j])
    return dz


def softmax_cross_entropy(z, y):
    n, c = z.shape
    p = softmax(z)
    loss = 0.0
    dz = np.zeros((n, c))
    for i in range(n):
        top = max(z[i])
        loss += top + math.log(sum(math.exp(v - top) for v in z[i])) - z[i, y[i]]
        for j in range(c):
            dz[i, j] = (p[i, j] - (j == y[i])) / n
    return loss / n, dz
