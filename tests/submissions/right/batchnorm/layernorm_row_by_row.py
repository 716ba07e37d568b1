# functions: layernorm_forward, layernorm_backward
# about: layer normalisation row by row, with prints and the row's projection in the backward
import numpy as np


def layernorm_forward(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float = 1e-5):
    print(f"layernorm of {x.shape[0]} rows")
    units, stds = [], []
    for row in x:
        c = row - np.average(row)
        stds.append((np.dot(c, c) / c.size + eps) ** 0.5)
        units.append(c / stds[-1])
    xhat = np.vstack(units)
    return np.multiply(xhat, gamma) + beta, {"rows": units, "stds": stds, "gamma": gamma, "n": len(units)}


def layernorm_backward(dy, cache):
    dx = np.empty(dy.shape)
    dgamma = np.zeros(dy.shape[1])
    for i in range(cache["n"]):
        u, g = cache["rows"][i], dy[i] * cache["gamma"]
        dx[i] = (g - g.mean() - u * np.dot(u, g) / u.size) / cache["stds"][i]
        dgamma += dy[i] * u
    return dx, dgamma, np.add.reduce(dy, axis=0)
