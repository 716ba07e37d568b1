"""What the judge tells the fork server at its start."""

from __future__ import annotations

import msgspec

from grader.worker.limits import Limits

DEFAULT_ALLOWED = (
    "__future__", "abc", "argparse", "array", "ast", "base64", "bisect", "builtins", "calendar", "cmath",
    "collections", "colorsys", "contextlib", "copy", "csv", "dataclasses", "datetime", "decimal", "difflib", "enum",
    "fractions", "functools", "gc", "glob", "gzip", "hashlib", "heapq", "inspect", "io", "itertools", "json",
    "keyword", "logging", "math", "numbers", "numpy", "operator", "os", "pathlib", "pickle", "platform", "pprint",
    "queue", "random", "re", "reprlib", "secrets", "shutil", "statistics", "string", "struct", "sys", "tempfile",
    "textwrap", "threading", "time", "timeit", "traceback", "types", "typing", "unicodedata", "unittest", "uuid",
    "warnings", "weakref", "zipfile", "zlib",
)  # fmt: skip
"""NumPy and the part of the standard library that homework uses; what is dangerous is refused by the kernel."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How the children of a fork server are held.

    Attributes
    ----------
    full
        Whether a child must refuse to load unless every protection is on.
    allowed
        Top-level modules that submissions may import.
    without
        Names of protections to leave out.
    folder
        What to remove at the end, also after a judge that was killed.
    """

    limits: Limits
    full: bool
    allowed: list[str]
    without: list[str] = []
    folder: str = ""
