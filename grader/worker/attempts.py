"""What a submission tries although it may not: noted in the child by an audit hook, read by the judge from a pipe.

The note is written before the kernel refuses, so that it stays when the child catches the refusal, hangs or dies. It is
the child's own word: code that calls the kernel past Python can leave it out or write another. No grade depends on it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress

MAX_ATTEMPTS = 40
"""Different attempts kept of one submission."""
_MAX_TEXT = 160
_MAX_BYTES = 2**16
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_ACTIONS = frozenset(
    {
        "os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen", "pty.spawn",
        "_thread.start_new_thread", "os.kill", "os.killpg", "signal.pthread_kill", "socket.__new__",
        "socket.getaddrinfo", "socket.gethostbyname", "ctypes.dlopen", "ctypes.call_function", "resource.setrlimit",
        "resource.prlimit", "syslog.openlog",
    }
)  # fmt: skip
_CHANGES = frozenset(
    {
        "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.chown",
        "os.truncate", "os.utime", "os.setxattr", "os.removexattr", "shutil.rmtree",
    }
)  # fmt: skip
_LISTINGS = frozenset({"os.listdir", "os.scandir"})


def watch(descriptor: int, readable: Iterable[str]) -> None:
    """Write to a pipe what this process tries from now on; cannot be undone.

    Parameters
    ----------
    readable
        Paths below which reading is no attempt; neither are relative ones.
    """
    seen: set[str] = set()
    allowed = tuple(f"{path}/" for path in readable)
    searched = frozenset(sys.path)

    def hook(event: str, args: tuple[object, ...], write: Callable[[int, bytes], int] = os.write) -> None:
        if event == "open":
            text = _opening(args, allowed)
        elif event in _ACTIONS:
            text = event.replace(".__new__", "").lstrip("_")
        elif event in _CHANGES:
            text = f"{event} of {_path(args[0])!r}"
        elif event in _LISTINGS and args[0] not in searched:
            text = _listing(event, args[0], allowed)
        else:
            return
        if text and text not in seen and len(seen) < MAX_ATTEMPTS:
            seen.add(text)
            with suppress(OSError):
                write(descriptor, text[:_MAX_TEXT].encode("utf-8", "replace") + b"\n")

    sys.addaudithook(hook)


def read(descriptor: int) -> list[str]:
    """Return what has been noted since the last call; never waits."""
    try:
        data = os.read(descriptor, _MAX_BYTES)
    except BlockingIOError:
        return []
    return [line[:_MAX_TEXT] for line in data.decode("utf-8", "replace").split("\n") if line.strip()]


def _opening(args: tuple[object, ...], allowed: tuple[str, ...]) -> str:
    path, _, flags = args
    if isinstance(path, int):
        return ""
    name = _path(path)
    if isinstance(flags, int) and flags & _WRITING:
        return f"writing {name!r}"
    return "" if _may_read(name, allowed) else f"reading {name!r}"


def _listing(event: str, path: object, allowed: tuple[str, ...]) -> str:
    name = _path(path)
    return "" if path is None or isinstance(path, int) or _may_read(f"{name}/", allowed) else f"{event} of {name!r}"


def _may_read(name: str, allowed: tuple[str, ...]) -> bool:
    if not name.startswith("/"):
        return ".." not in name.split("/")
    return name.startswith(allowed) and "/../" not in name


def _path(path: object) -> str:
    return os.fsdecode(path) if isinstance(path, str | bytes) else str(path)
