"""A submission's data files on disk, where the worker may read them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from grader.errors import GraderFault
from grader.submissions.folders import reason_of
from grader.submissions.paths import UnsafePath, relative_path

_FOLDER_MODE = 0o750
_FILE_MODE = 0o640


def stage(data: Mapping[str, bytes], folder: Path, *, group: int | None = None) -> None:
    """Write data files into a folder, where the caller can change them and the worker only reads them.

    Parameters
    ----------
    data
        Relative path to content. Sources are not among them, so that student code finds only data.
    folder
        An existing empty folder; it and all in it become readable by owner and group alone.
    group
        The group that shall read the files, where the worker runs under another user than the caller, who then must be
        root; by default the caller's.

    Raises
    ------
    GraderFault
        The files cannot be written, or a path leads outside, which `read_submission` never lets pass.
    """
    try:
        for name, content in data.items():
            if relative_path(name) != name:
                raise UnsafePath(f"unsafe path {name!r}")
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            # On a file system that ignores case, of two names that differ only in case the first one stays.
            with suppress(FileExistsError):
                descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _FILE_MODE)
                with open(descriptor, "wb") as stream:
                    stream.write(content)
        for current, _, names in os.walk(folder):
            _share(current, _FOLDER_MODE, group)
            for name in names:
                _share(os.path.join(current, name), _FILE_MODE, group)
    except UnsafePath as fault:
        raise GraderFault(f"cannot stage data files: {fault}") from None
    except OSError as error:
        raise GraderFault(f"cannot stage data files in {str(folder)!r} ({reason_of(error)})") from None


def _share(path: str, mode: int, group: int | None) -> None:
    os.chmod(path, mode)
    if group is not None:
        os.chown(path, -1, group)
