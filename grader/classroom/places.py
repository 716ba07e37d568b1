"""A folder of a class's hand-ins, on disk or in an archive: the same face for both."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from grader.classroom.handins import Loose, OnDisk, Packed, Source
from grader.errors import UnreadableClass
from grader.submissions import ClassArchive
from grader.submissions.archives import Bomb, Meter, read_zip_member
from grader.submissions.folders import read_regular, reason_of
from grader.submissions.intake import LeftOut
from grader.submissions.paths import UnsafePath, is_clutter, printable_name, relative_path, suffix_of

Problem = Callable[[str], None]
"""Takes a sentence about what was left out."""


class Place(Protocol):
    """A folder; names in it are decoded, composed (NFC) and sorted, and clutter is not among them."""

    @property
    def name(self) -> str:
        """Its own name."""
        ...

    def folders(self) -> Sequence[str]:
        """Return the names of the folders in it."""
        ...

    def files(self) -> Sequence[str]:
        """Return the names of the files in it."""
        ...

    def enter(self, folder: str) -> Place:
        """Return one of the folders in it."""
        ...

    def is_clone(self, folder: str) -> bool:
        """Whether one of the folders in it is a Git work tree."""
        ...

    def read(self, file: str, limit: int) -> bytes:
        """Return at most `limit` bytes of a file in it; raises `LeftOut`."""
        ...

    def whole(self, folder: str) -> Source:
        """Return all files in and below one of the folders in it as a hand-in."""
        ...

    def some(self, files: Sequence[tuple[str, str]]) -> Source:
        """Return files in it, each with the name that it gets, as a hand-in."""
        ...


class DiskPlace:
    """A folder on disk.

    Parameters
    ----------
    path
        Of the folder.
    problem
        Learns of links that lead out of the class's folder, and of an inner folder that cannot be listed.
    base
        The class's folder; by default this one.

    Raises
    ------
    UnreadableClass
        The class's folder cannot be listed.
    """

    def __init__(self, path: Path, problem: Problem, *, base: str = "") -> None:
        self.path = path
        self.name = composed(os.path.basename(os.path.abspath(path)))
        self._problem = problem
        self._base = base or os.path.realpath(path)
        self._folders: dict[str, str] = {}
        self._files: dict[str, str] = {}
        try:
            with os.scandir(path) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            sentence = f"cannot read {str(path)!r} ({reason_of(error)}); check its permissions"
            if not base:
                raise UnreadableClass(sentence) from None
            problem(sentence)  # one student's folder
            entries = []
        for entry in entries:
            name = composed(entry.name)
            if is_clutter(name):
                continue
            if entry.is_symlink() and not self._leads_inside(entry.path):
                problem(f"{name!r} is a link that leads out of {str(path)!r}; left out")
            elif entry.is_dir():
                self._folders[name] = entry.name
            elif entry.is_file():
                self._files[name] = entry.name
            else:
                problem(f"{name!r} is neither a file nor a folder; left out")

    def _leads_inside(self, path: str) -> bool:
        return os.path.realpath(path).startswith(self._base + os.sep)

    def folders(self) -> Sequence[str]:
        """See `Place`."""
        return sorted(self._folders)

    def files(self) -> Sequence[str]:
        """See `Place`."""
        return sorted(self._files)

    def folder_path(self, folder: str) -> Path:
        """Return where one of the folders is."""
        return self.path / self._folders[folder]

    def enter(self, folder: str) -> DiskPlace:
        """See `Place`."""
        return DiskPlace(self.folder_path(folder), self._problem, base=self._base)

    def is_clone(self, folder: str) -> bool:
        """See `Place`."""
        return (self.folder_path(folder) / ".git").is_dir()

    def read(self, file: str, limit: int) -> bytes:
        """See `Place`."""
        return read_regular(os.path.realpath(self.path / self._files[file]), limit)

    def whole(self, folder: str) -> Source:
        """See `Place`."""
        return OnDisk(os.path.abspath(self.folder_path(folder)))

    def some(self, files: Sequence[tuple[str, str]]) -> Source:
        """See `Place`."""
        folder = os.path.abspath(self.path)
        return Loose(tuple((os.path.join(folder, self._files[file]), name) for file, name in files))


class _Folder:
    """A folder in an archive: its files, by the offset of each member, and its folders."""

    def __init__(self) -> None:
        self.folders: dict[str, _Folder] = {}
        self.files: dict[str, int] = {}
        self.is_clone = False

    def below(self, prefix: str = "") -> Iterator[tuple[int, str]]:
        for name, offset in self.files.items():
            yield offset, prefix + name
        for name, folder in self.folders.items():
            yield from folder.below(f"{prefix}{name}/")


class ZipPlace:
    """A folder in a zip archive; see `zip_place`."""

    def __init__(self, archive: ClassArchive, name: str, folder: _Folder) -> None:
        self.name = name
        self._archive = archive
        self._folder = folder

    def folders(self) -> Sequence[str]:
        """See `Place`."""
        return sorted(self._folder.folders)

    def files(self) -> Sequence[str]:
        """See `Place`."""
        return sorted(self._folder.files)

    def enter(self, folder: str) -> ZipPlace:
        """See `Place`."""
        return ZipPlace(self._archive, folder, self._folder.folders[folder])

    def is_clone(self, folder: str) -> bool:
        """See `Place`."""
        return self._folder.folders[folder].is_clone

    def read(self, file: str, limit: int) -> bytes:
        """See `Place`."""
        opened, member = self._archive.member(self._folder.files[file])
        try:
            return read_zip_member(opened, member, Meter(member.compress_size), limit)
        except Bomb as bomb:
            raise LeftOut(str(bomb)) from None

    def whole(self, folder: str) -> Source:
        """See `Place`."""
        return Packed(self._archive.path, tuple(self._folder.folders[folder].below()))

    def some(self, files: Sequence[tuple[str, str]]) -> Source:
        """See `Place`."""
        return Packed(self._archive.path, tuple((self._folder.files[file], name) for file, name in files))


def zip_place(archive: ClassArchive, problem: Problem) -> ZipPlace:
    """Return the top folder of an archive.

    Parameters
    ----------
    archive
        Which must stay open while the place is used.
    problem
        Learns of members with names that are unsafe, or that occur twice.
    """
    top = _Folder()
    for offset, name in archive.names():
        try:
            path = unicodedata.normalize("NFC", relative_path(name))
        except UnsafePath as fault:
            problem(f"{os.path.basename(archive.path)}: {fault}; left out")
            continue
        *parents, file = path.split("/")
        folder = top
        for parent in parents:
            if parent == ".git":
                folder.is_clone = True
            if is_clutter(parent):
                break
            folder = folder.folders.setdefault(parent, _Folder())
        else:
            if is_clutter(file):
                continue
            if file in folder.files:
                problem(f"{path!r} is twice in {os.path.basename(archive.path)!r}; the last one counts")
            folder.files[file] = offset
    name = composed(os.path.basename(archive.path))
    return ZipPlace(archive, name[: len(name) - len(suffix_of(name))], top)


def composed(name: str) -> str:
    """Return a name from the file system as text, in the composed form that other systems use."""
    return unicodedata.normalize("NFC", printable_name(name))
