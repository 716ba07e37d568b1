"""How this process treats memory that it has freed."""

from __future__ import annotations

import contextlib
import ctypes

MMAP_THRESHOLD = 2**25
"""Bytes from which an allocation gets pages of its own."""
TRIM_THRESHOLD = 2**26
"""Freed bytes from which memory goes back to the system."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def retain_freed_memory() -> None:
    """Keep up to `TRIM_THRESHOLD` freed bytes for the next allocation, where the C library can.

    By default, glibc gives arrays of more than 128 KiB back to the system at once, and the next one of that size costs
    a page fault for each of its 4 KiB: for arrays of 100,000 numbers more than what is done with them.
    """
    with contextlib.suppress(AttributeError, OSError):
        c_library = ctypes.CDLL(None)
        c_library.mallopt(_M_MMAP_THRESHOLD, MMAP_THRESHOLD)
        c_library.mallopt(_M_TRIM_THRESHOLD, TRIM_THRESHOLD)


def environment() -> dict[str, str]:
    """Return the variables by which a new process does so from its start."""
    return {"MALLOC_MMAP_THRESHOLD_": str(MMAP_THRESHOLD), "MALLOC_TRIM_THRESHOLD_": str(TRIM_THRESHOLD)}
