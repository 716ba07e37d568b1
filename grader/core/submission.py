"""A submission: the files that a student handed in, as data; nothing here runs or parses student code."""

from __future__ import annotations

import msgspec


class Cell(msgspec.Struct, frozen=True, array_like=True):
    """A piece of source text that is parsed on its own.

    Attributes
    ----------
    label
        ``""`` for a whole file, ``"cell 4"`` for a notebook's cell (counted from 1, code cells and others alike).
    source
        Python source, possibly with notebook magics, which the loader drops.
    """

    label: str
    source: str


class SourceFile(msgspec.Struct, frozen=True, array_like=True):
    """A Python file or a notebook.

    Attributes
    ----------
    path
        Relative to the submission, with ``/`` between folders.
    cells
        One for a ``.py`` file, one per code cell for a notebook.
    """

    path: str
    cells: list[Cell]


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """What one student handed in.

    Attributes
    ----------
    student
        The name of the folder, file or archive, until a roster says better.
    files
        Sources in the order in which they are loaded.
    data
        Other files (relative path to content) that the code may want to read; staged before loading.
    remarks
        What was odd while reading: left out, unreadable or salvaged files.
    sha256
        Of all sources and data, independent of the order of reading.
    """

    student: str
    files: list[SourceFile]
    data: dict[str, bytes] = {}
    remarks: list[str] = []
    sha256: str = ""
