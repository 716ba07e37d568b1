import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


broken = "<script>alert(1)</script>]]>‮gnp.exe =1+1" + undefined_name


def relu(x):
    return broken


worse = {"::error file=a.py::owned": undefined_name, "{{7*7}}": "⁦‏"}


def softsign(x):
    return x / (1 + np.abs(x))
