"""What judge and worker both ask of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

_LARGE = 2**16
"""Bytes from which copying both arrays costs more than comparing them element by element."""
_DOUBLE = np.dtype(np.float64)


def same_bytes(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    """Return whether two arrays hold the same bytes in C order, so that `nan` equals itself and 0.0 is not -0.0."""
    is_large = other.nbytes > _LARGE and one.dtype is other.dtype is _DOUBLE and one.shape == other.shape
    if is_large and one.flags.c_contiguous and other.flags.c_contiguous:
        return bool((one.view(np.int64) == other.view(np.int64)).all())
    return one.tobytes() == other.tobytes()
