"""Notebooks to cells: the code only, never run, from whatever JSON a notebook server may have left behind.

Notebooks of formats 2 and 3 are converted by `nbformat`. Those of format 4, and whatever `nbformat` refuses because it
is incomplete, are read here: importing `nbformat` costs 0.12 s, and of a notebook only the code cells matter. The tests
hold this reader to what `nbformat` reads.
"""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from grader.core.submission import Cell
from grader.submissions.decoding import clean, decode_text
from grader.submissions.limits import MAX_NOTEBOOK_VALUES, MAX_SOURCE_BYTES, megabytes


class BrokenNotebook(ValueError):
    """A notebook that cannot be read; ``str(error)`` says why, in one clause."""


def read_notebook(content: bytes) -> tuple[list[Cell], list[str]]:
    """Read a notebook of any format from 2 to 4.

    Returns
    -------
    cells, remarks
        The code cells that are not empty, labelled ``cell N``, where N counts all cells from 1 as the notebook shows
        them; and what was odd.

    Raises
    ------
    BrokenNotebook
        It is not JSON, not a notebook, or too large.
    """
    text, remarks = decode_text(content)
    document = _converted(_parsed(text, remarks), text)
    remarks += _foreign_language(document)
    line_end = "\n" if document.get("nbformat") == 2 else ""  # format 2 keeps lines without their ends
    cells: list[Cell] = []
    for number, cell in enumerate(_raw_cells(document), start=1):
        try:
            source = _code(cell, line_end)
        except BrokenNotebook as fault:
            remarks.append(f"cell {number}: {fault}; left out")
            continue
        source, further = clean(source)
        remarks += [f"cell {number}: {remark}" for remark in further]
        if source.strip():
            cells.append(Cell(f"cell {number}", source))
    if sum(len(cell.source.encode()) for cell in cells) > MAX_SOURCE_BYTES:
        raise BrokenNotebook(f"its code has more than {megabytes(MAX_SOURCE_BYTES)}")
    return cells, remarks if cells else [*remarks, "no code cell in it"]


def _parsed(text: str, remarks: list[str]) -> dict[str, object]:
    """Parse the JSON; a key that occurs twice in one object is remarked."""
    repeated: set[str] = set()

    def remember_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
        document = dict(pairs)
        if len(document) < len(pairs):
            repeated.update(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        return document

    if not text.strip():
        raise BrokenNotebook("an empty file")
    if sum(text.count(character) for character in "{[,") > MAX_NOTEBOOK_VALUES:
        raise BrokenNotebook(f"more than {MAX_NOTEBOOK_VALUES} values in it; clear its outputs and save it again")
    try:
        # Integers become floats since int() refuses more than 4300 digits; no number in a notebook matters here.
        document = json.loads(text, object_pairs_hook=remember_repeats, parse_int=float)
    except json.JSONDecodeError as error:
        raise BrokenNotebook(f"not valid JSON (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise BrokenNotebook("nested too deeply") from None
    if not isinstance(document, dict):
        raise BrokenNotebook("not a notebook: its JSON should be an object with 'cells'")
    remarks += [f"the key {key[:40]!r} occurs twice in one object; the last one counts" for key in sorted(repeated)]
    return document


def _converted(document: dict[str, object], text: str) -> dict[str, object]:
    """Return a notebook of an older format in format 4, or as it is where it cannot be converted."""
    if document.get("nbformat") not in (2, 3):
        return document
    import nbformat

    # A broken notebook fails in ways that depend on what is broken; the reader here takes what is left of it.
    with warnings.catch_warnings(), suppress(Exception):
        warnings.simplefilter("ignore")
        return dict(nbformat.reads(text, as_version=4))  # type: ignore[no-untyped-call]
    return document


def _raw_cells(document: dict[str, object]) -> Sequence[object]:
    """Return all cells in the order shown, of today's format and of those with worksheets."""
    cells = document.get("cells")
    if isinstance(cells, list):
        return cells
    worksheets = document.get("worksheets")
    if isinstance(worksheets, list):
        return list(_cells_of_worksheets(worksheets))
    raise BrokenNotebook("not a notebook: no list of cells in it")


def _cells_of_worksheets(worksheets: Sequence[object]) -> Iterator[object]:
    for worksheet in worksheets:
        cells = worksheet.get("cells") if isinstance(worksheet, dict) else None
        yield from cells if isinstance(cells, list) else []


def _code(cell: object, line_end: str) -> str:
    """Return the source of a code cell, and nothing of other cells."""
    if not isinstance(cell, dict):
        raise BrokenNotebook("not a cell but a JSON value of another kind")
    if cell.get("cell_type", "code") != "code":
        return ""
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, str):
        return source
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return line_end.join(source)
    raise BrokenNotebook("its source should be text or a list of lines")


def _foreign_language(document: Mapping[str, object]) -> list[str]:
    """Remark that the notebook was written for another language than Python."""
    metadata = document.get("metadata")
    for section, key in (("kernelspec", "language"), ("language_info", "name")):
        entry = metadata.get(section) if isinstance(metadata, dict) else None
        language = entry.get(key) if isinstance(entry, dict) else None
        if isinstance(language, str) and language and "python" not in language.lower():
            return [f"written for a kernel of {language[:40]!r}, but only Python is graded"]
    return []
