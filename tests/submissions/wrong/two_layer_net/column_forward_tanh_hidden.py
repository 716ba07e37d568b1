# functions: column_forward
# wrong: column_forward
# about: a tanh hidden layer, as in another common version of the exercise
import numpy as np


def column_forward(x, w1, b1, w2, b2):
    a1 = np.tanh(w1 @ x + b1)
    a2 = 1 / (1 + np.exp(-(w2 @ a1 + b2)))
    return a2, {"X": x, "A1": a1, "A2": a2, "W2": w2}
