"""Compares the submissions of a run; what came of it is kept beside the gradebook, so that only new ones are read."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from grader import __version__
from grader.core.submission import Submission
from grader.errors import UsageError
from grader.gradebook import Entry, Reader
from grader.report.classroom.likeness import Findings, find_alike, prints_of
from grader.report.classroom.records import Likeness
from grader.report.classroom.winnowing import GRAM, WINDOW, Hashes

Read = Callable[[Entry], Submission | None]
"""Reads what an entry handed in once more; `None` where that is not possible."""

PAIRS = "alike"
"""The folder of the pages on pairs, beside the class page."""

_REMEMBERED = 64
"""Submissions that are kept in memory, since neighbours in the list of pairs often have one in common."""


class _Kept(msgspec.Struct):
    """The fingerprints of contents, and what came of pairs of them, as a file keeps them."""

    made_by: str
    prints: dict[str, bytes]
    pairs: dict[str, Likeness | None]


class Noted:
    """Fingerprints of submissions that are read anyway, so that they need not be read again to be compared.

    Parameters
    ----------
    gradebook
        Whose path tells what is known of earlier runs.
    """

    def __init__(self, gradebook: Path) -> None:
        self._known = _kept(_place(gradebook)).prints
        self._prints: dict[str, Hashes] = {}

    def note(self, submission: Submission) -> None:
        """Note the fingerprints of a submission, unless an earlier run knew them."""
        if submission.sha256 not in self._known and submission.sha256 not in self._prints:
            self._prints[submission.sha256] = prints_of(submission)

    def get(self, sha256: str) -> Hashes | None:
        """Return the fingerprints of a content, if they are known."""
        return self._prints.get(sha256)


def compare(reader: Reader, run: int, read: Read, given: Iterable[str], *, noted: Noted | None = None) -> Findings:
    """Compare the submissions of a run with each other; one that cannot be read again is left out."""
    entries = list(reader.entries(run))
    path = _place(reader.path)
    kept = _kept(path)
    pairs = dict(kept.pairs)
    prints = [_prints(entry, kept.prints, read, noted) for entry in entries]
    findings = find_alike(
        prints,
        given,
        functools.lru_cache(_REMEMBERED)(lambda k: _read(entries[k], read)),
        sha256=[entry.sha256 for entry in entries],
        page=lambda number: f"{PAIRS}/{number:03}.html",
        known=pairs,
    )
    _keep(path, _Kept(_made_by(), _new(entries, prints, kept.prints), pairs), kept)
    return findings


def _place(gradebook: Path) -> Path:
    return gradebook.with_name(f"{gradebook.name}-prints")


def _prints(entry: Entry, known: dict[str, bytes], read: Read, noted: Noted | None) -> Hashes:
    if not entry.sha256:
        return np.empty(0, np.uint64)
    if entry.sha256 in known:
        return np.frombuffer(known[entry.sha256], np.uint64)
    if noted is not None and (prints := noted.get(entry.sha256)) is not None:
        return prints
    submission = _read(entry, read)
    return np.empty(0, np.uint64) if submission is None else prints_of(submission)


def _read(entry: Entry, read: Read) -> Submission | None:
    # What could be graded may have been moved or changed since; the other submissions are compared all the same.
    with contextlib.suppress(UsageError, OSError):
        return read(entry)
    return None


def _made_by() -> str:
    """Return what fingerprints depend on beside the source: NumPy's names are not a student's choice."""
    return f"grade {__version__}, form 2, numpy {np.__version__}, {GRAM} of {WINDOW}"


def _kept(path: Path) -> _Kept:
    with contextlib.suppress(OSError, msgspec.DecodeError, msgspec.ValidationError):
        kept = msgspec.msgpack.decode(path.read_bytes(), type=_Kept)
        if kept.made_by == _made_by() and all(len(prints) % 8 == 0 for prints in kept.prints.values()):
            return kept
    return _Kept(_made_by(), {}, {})


def _new(entries: Sequence[Entry], prints: Sequence[Hashes], known: dict[str, bytes]) -> dict[str, bytes]:
    return {
        entry.sha256: own.astype("<u8").tobytes()
        for entry, own in zip(entries, prints, strict=True)
        if entry.sha256 and (len(own) or entry.sha256 in known)
    }


def _keep(path: Path, new: _Kept, old: _Kept) -> None:
    """Keep what came of it for the next run; where the folder cannot be written it is made again."""
    if new == old:
        return
    temporary = path.with_name(f"{path.name}.tmp")
    with contextlib.suppress(OSError):
        temporary.write_bytes(msgspec.msgpack.encode(new))
        temporary.replace(path)
