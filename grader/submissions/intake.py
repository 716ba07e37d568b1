"""The files of a submission while they are gathered: each named safely, within the caps, or remarked and left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from grader.submissions.limits import (
    MAX_DATA_BYTES,
    MAX_FILES,
    MAX_NOTEBOOK_BYTES,
    MAX_REMARKS,
    MAX_SOURCE_BYTES,
    MAX_TOTAL_BYTES,
    megabytes,
)
from grader.submissions.paths import (
    ARCHIVE_SUFFIXES,
    COMPILED_SUFFIXES,
    PACKED_SUFFIXES,
    SOURCE_SUFFIXES,
    UnsafePath,
    is_clutter,
    relative_path,
    suffix_of,
)

_CAPS = {".py": MAX_SOURCE_BYTES, ".ipynb": MAX_NOTEBOOK_BYTES}

Read = Callable[[int], bytes]
"""Read at most so many bytes of a file from its beginning; raises `LeftOut`."""


class LeftOut(Exception):
    """A file cannot be taken; ``str(error)`` says why, in one clause."""


@dataclass(slots=True)
class Intake:
    """Files gathered so far, and what was odd.

    Attributes
    ----------
    files
        Relative path to content.
    remarks
        At most `MAX_REMARKS`; `unsaid` counts the others.
    taken
        Bytes read, whether kept or not.
    inner
        Archives among the files, where someone wants to open them later; None where they are left out.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    unsaid: int = 0
    taken: int = 0
    inner: dict[str, Read] | None = None
    _data_bytes: int = 0

    def remark(self, text: str) -> None:
        """Note what was odd."""
        if len(self.remarks) < MAX_REMARKS:
            self.remarks.append(text)
        else:
            self.unsaid += 1

    def offer(self, name: str, read: Read) -> None:
        """Keep a file under a name that someone else chose, unless it is unsafe or clutter."""
        try:
            path = relative_path(name)
        except UnsafePath as fault:
            self.remark(f"left out: {fault}")
            return
        if not is_clutter(path):
            self.keep(path, read)

    def keep(self, path: str, read: Read) -> None:
        """Keep a file within the caps; a later file of the same path replaces an earlier one."""
        if self.inner is not None and suffix_of(path) in ARCHIVE_SUFFIXES and len(self.inner) < MAX_FILES:
            self.inner[path] = read
            return
        try:
            content = self._content(path, read)
        except LeftOut as fault:
            self.remark(f"{path}: {fault}; left out")
            return
        earlier = self.files.pop(path, None)
        if earlier is not None:
            self.remark(f"{path}: occurs twice; the last one counts")
        if suffix_of(path) not in SOURCE_SUFFIXES:
            self._data_bytes += len(content) - len(earlier or b"")
        self.files[path] = content

    def _content(self, path: str, read: Read) -> bytes:
        suffix = suffix_of(path)
        if suffix in PACKED_SUFFIXES:
            raise LeftOut("an archive inside of the submission; unpack it")
        if suffix in COMPILED_SUFFIXES:
            raise LeftOut("compiled code; hand in its source")
        if len(self.files) >= MAX_FILES and path not in self.files:
            raise LeftOut(f"more than {MAX_FILES} files")
        if suffix in _CAPS:
            cap, reason = _CAPS[suffix], f"larger than {megabytes(_CAPS[suffix])}"
        else:
            cap, reason = MAX_DATA_BYTES - self._data_bytes, f"data files exceed {megabytes(MAX_DATA_BYTES)} in all"
        if self.taken + cap > MAX_TOTAL_BYTES:
            cap, reason = MAX_TOTAL_BYTES - self.taken, f"the submission exceeds {megabytes(MAX_TOTAL_BYTES)}"
        content = read(cap + 1) if cap >= 0 else b""
        self.taken += len(content)
        if cap < 0 or len(content) > cap:
            raise LeftOut(reason)
        return content
