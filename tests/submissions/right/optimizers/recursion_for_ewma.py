# functions: sgd, nesterov, ewma
# about: the average by recursion on the prefix, with type hints and prints; steps with keyword defaults
import numpy as np


def _average(y: np.ndarray, beta: float) -> list[float]:
    if y.size == 1:
        return [y[0]]
    before = _average(y[:-1], beta)
    return before + [beta * before[-1] + (1 - beta) * y[-1]]


def ewma(y: np.ndarray, beta: float = 0.9) -> np.ndarray:
    print("averaging", y.size, "values")
    return np.asarray(_average(y, beta))


def sgd(w: np.ndarray, g: np.ndarray, state: dict, lr: float = 0.1) -> tuple[np.ndarray, dict]:
    assert w.shape == g.shape
    return np.add(w, np.multiply(-lr, g)), state


def nesterov(w, g, state, lr=0.1, beta=0.9):
    assert w.shape == g.shape
    old = np.zeros(w.shape) if "v" not in state else state["v"]
    new = beta * old - lr * g
    print("velocity", np.abs(new).max())
    return w + new + beta * (new - old), state | {"v": new}
