"""Writes a report to a file in any of the known formats."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, TextIO, cast

from grader.core.verdict import Report
from grader.errors import UsageError
from grader.files import replacing

__all__ = ["FORMATS", "Reporter", "parse_format", "reporter", "write_report"]

# Modules are named, not imported: a run that asks for JSON alone never pays for jinja2.
_MODULES = {"html": "html", "json": "json_report", "junit": "junit"}

FORMATS = tuple(_MODULES)
"""The names of the formats that `write_report` knows."""


class Reporter(Protocol):
    """Renders a report into an open text file; it neither opens nor closes the file."""

    def __call__(self, report: Report, file: TextIO) -> None:
        """Write `report` to `file`."""


def reporter(fmt: str) -> Reporter:
    """Return the reporter of a format.

    Raises
    ------
    UsageError
        If there is no such format.
    """
    if fmt not in _MODULES:
        raise UsageError(_unknown(fmt))
    module = importlib.import_module(f"{__name__}.{_MODULES[fmt]}")
    return cast(Reporter, module.write)


def parse_format(text: str) -> tuple[str, Path]:
    """Split ``"json=out.json"`` into the name of a format and the file to write.

    Raises
    ------
    UsageError
        If the format is unknown or the file is not named.
    """
    fmt, equals, target = text.partition("=")
    if fmt not in _MODULES:
        raise UsageError(_unknown(fmt))
    if not equals or not target:
        raise UsageError(f"format {fmt!r} names no file; write it as {fmt}=FILE")
    return fmt, Path(target)


def write_report(report: Report, fmt: str, path: Path, *, sweep: bool = True) -> None:
    """Write `report` to `path`, whole or not at all; folders that do not exist are made.

    Parameters
    ----------
    sweep
        Whether to remove what killed runs left in the folder; once is enough where many files are written to it.

    Raises
    ------
    UsageError
        If the format is unknown, or the file cannot be written.
    """
    write = reporter(fmt)
    try:
        with opened(path, sweep=sweep) as file:
            write(report, file)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise UsageError(f"cannot write the {fmt} report to {os.fspath(path)!r}: {reason}") from error


@contextlib.contextmanager
def opened(path: Path, *, sweep: bool = True) -> Iterator[TextIO]:
    """Open a text file which takes the place of `path` once the block has ended well."""
    if path.is_dir():
        raise IsADirectoryError(None, "it is a folder, but should be a file")
    if path.exists() and not path.is_file():
        # A pipe or a device such as /dev/stdout is written to: putting a file in its place would break it. Its name is
        # not resolved, as the name of a pipe leads nowhere.
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
        return
    # With the usual permissions, unlike tempfile's 0600: a web server may have to read the report.
    with (
        replacing(Path(os.path.realpath(path)), sweep=sweep) as binary,
        io.TextIOWrapper(binary, encoding="utf-8", newline="") as file,
    ):
        yield file


def _unknown(fmt: str) -> str:
    close = difflib.get_close_matches(fmt.lower(), FORMATS, n=1)
    advice = f"did you mean {close[0]!r}?" if close else f"the formats are {', '.join(FORMATS)}"
    return f"unknown format {fmt!r}; {advice}"
