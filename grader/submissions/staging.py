"""A submission's data files on disk, where the worker may read them, for as long as it runs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from grader.core.submission import Submission
from grader.errors import GraderFault
from grader.submissions.folders import reason_of
from grader.submissions.paths import UnsafePath, relative_path

_FOLDER_MODE = 0o500
_FILE_MODE = 0o400


@contextmanager
def stage(submission: Submission, folder: Path, *, owner: int | None = None) -> Iterator[Path | None]:
    """Write the data files of a submission into a fresh private folder, and remove it afterwards.

    Parameters
    ----------
    submission
        Its sources are not written, so that student code finds only data there.
    folder
        An existing folder to make the fresh one in.
    owner
        The user id that shall read the files, where the worker runs under another one than the caller (who then
        must be root); by default the caller's.

    Yields
    ------
    Path or None
        A folder of mode 0500 with files of mode 0400; None where there is no data.

    Raises
    ------
    GraderFault
        The files cannot be written, or a path leads outside, which `read_submission` never lets pass.
    """
    if not submission.data:
        yield None
        return
    try:
        root = Path(tempfile.mkdtemp(prefix="grade-", dir=folder))
    except OSError as error:
        raise GraderFault(f"cannot stage data files in {str(folder)!r} ({reason_of(error)})") from None
    try:
        _write(submission.data, root, owner)
        yield root
    finally:
        _remove(root)


def _write(data: dict[str, bytes], root: Path, owner: int | None) -> None:
    try:
        for name, content in data.items():
            if relative_path(name) != name:
                raise UnsafePath(f"unsafe path {name!r}")
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # On a file system that ignores case, of two names that differ only in case the first one stays.
            with suppress(FileExistsError):
                descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _FILE_MODE)
                with open(descriptor, "wb") as stream:
                    stream.write(content)
        for current, _, names in os.walk(root, topdown=False):
            os.chmod(current, _FOLDER_MODE)
            for path in (*(os.path.join(current, name) for name in names), current):
                if owner is not None:
                    os.chown(path, owner, -1)
    except UnsafePath as fault:
        raise GraderFault(f"cannot stage data files: {fault}") from None
    except OSError as error:
        raise GraderFault(f"cannot stage data files in {str(root)!r} ({reason_of(error)})") from None


def _remove(root: Path) -> None:
    _reclaim(root)
    for current, inner, _ in os.walk(root):
        for name in inner:
            _reclaim(os.path.join(current, name))
    shutil.rmtree(root)


def _reclaim(folder: str | Path) -> None:
    """Make a folder the caller's own and writable again, without which its entries cannot be removed."""
    if os.stat(folder).st_uid != os.geteuid():
        os.chown(folder, os.geteuid(), -1)
    os.chmod(folder, 0o700)
