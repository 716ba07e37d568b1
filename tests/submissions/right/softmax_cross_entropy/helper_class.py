# functions: softmax, softmax_cross_entropy
# about: a class with cached probabilities, typed and with assertions; the functions wrap it
from dataclasses import dataclass, field

import numpy as np


@dataclass
class CrossEntropy:
    z: np.ndarray
    y: np.ndarray
    p: np.ndarray = field(init=False)

    def __post_init__(self):
        assert self.z.ndim == 2 and self.y.shape == (self.z.shape[0],)
        e = np.exp(self.z - self.z.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        assert np.allclose(self.p.sum(axis=1), 1)

    def loss(self):
        m = self.z.max(axis=1)
        lse = m + np.log(np.exp(self.z - m[:, None]).sum(axis=1))
        return (lse - self.z[np.arange(len(self.y)), self.y]).mean()

    def grad(self):
        d = self.p.copy()
        for i, label in enumerate(self.y):
            d[i, label] -= 1
        return d / len(self.y)


def softmax(z: np.ndarray) -> np.ndarray:
    return CrossEntropy(z, np.zeros(len(z), dtype=int)).p


def softmax_cross_entropy(z: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    ce = CrossEntropy(z, y)
    print(f"loss {ce.loss():.4f}")
    return ce.loss(), ce.grad()
