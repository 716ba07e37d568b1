"""What attacks aim at, made for them and watched from outside: files, sockets, a process, secrets."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import secrets
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

from grader.worker.confine import NOBODY

SECRET_VARIABLE = "GRADE_CANARY"
_STRANGER = 65533
"""A user who is neither root nor the worker's."""
_WATCHED = ("/dev/shm", "/dev/mqueue", tempfile.gettempdir(), "/var/tmp", "/run/lock")
"""Where anybody may leave something."""


class Canaries:
    """A context manager that makes the canaries and can tell what became of them.

    Attributes
    ----------
    targets
        What an attack is told of the canaries, as its data file ``targets.json``.
    secret
        What it is not told: the content of files, of the environment and of a process.
    folder
        Where the files are.
    """

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self.secret = secrets.token_hex(16)
        self._token = secrets.token_hex(8)
        self._sockets: dict[str, socket.socket] = {}

    def __enter__(self) -> Canaries:
        try:
            self._make()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _make(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="grade-canary-"))
        self._stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o755)
        self._open = self._subfolder("open", 0o777)
        self._file = self._written(self._open / "canary.txt", 0o666)
        self._private = self._written(self._subfolder("private", 0o700) / "answers.txt", 0o600)
        self._strange = self._written(self._subfolder("strange", 0o700) / "answers.txt", 0o600)
        if os.geteuid() == 0:
            for path in (self._strange, self._strange.parent):
                os.chown(path, _STRANGER, _STRANGER)
        self._listen()
        self._before = self._listing()
        self._process = self._stack.enter_context(self._bystander())
        self._stack.callback(self._process.kill)
        previous = os.environ.get(SECRET_VARIABLE)
        os.environ[SECRET_VARIABLE] = self.secret
        self._stack.callback(_restore, SECRET_VARIABLE, previous)
        self.targets = {
            "file": str(self._file), "new": str(self._open / "new"), "private": str(self._private),
            "strange": str(self._strange), "judge": os.getpid(), "process": self._process.pid,
            "tcp": self._sockets["tcp"].getsockname()[1], "tcp6": self._port("tcp6"),
            "udp": self._sockets["udp"].getsockname()[1],
            "unix": str(self.folder / "socket"), "abstract": f"grade-canary-{self._token}",
            "token": self._token, "key": int(self._token[:7], 16) | 1, "variable": SECRET_VARIABLE,
            "done": f"done-{self._token}",
        }  # fmt: skip

    def _subfolder(self, name: str, mode: int) -> Path:
        path = self.folder / name
        path.mkdir()
        path.chmod(mode)
        return path

    def _written(self, path: Path, mode: int) -> Path:
        path.write_text(self.secret, "ascii")
        path.chmod(mode)
        return path

    def _listen(self) -> None:
        families: dict[str, tuple[int, int, tuple[str, int] | str]] = {
            "tcp": (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            "tcp6": (socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)),
            "udp": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            "unix": (socket.AF_UNIX, socket.SOCK_STREAM, str(self.folder / "socket")),
            "abstract": (socket.AF_UNIX, socket.SOCK_STREAM, f"\0grade-canary-{self._token}"),
        }
        for name, (family, kind, address) in families.items():
            if name == "abstract" and sys.platform != "linux":
                continue
            made = self._stack.enter_context(socket.socket(family, kind))
            try:
                made.bind(address)
            except OSError:
                if name != "tcp6":
                    raise
                continue  # a machine without IPv6
            if kind == socket.SOCK_STREAM:
                made.listen()
            made.settimeout(0.0)
            self._sockets[name] = made
        (self.folder / "socket").chmod(0o777)

    def _port(self, name: str) -> int:
        return int(self._sockets[name].getsockname()[1]) if name in self._sockets else 0

    def _bystander(self) -> subprocess.Popen[bytes]:
        """Return a process of the user that workers run as, with the secret in its environment."""
        cat = shutil.which("cat") or "/bin/cat"
        user = NOBODY if os.geteuid() == 0 else None
        return subprocess.Popen(
            [cat], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env={SECRET_VARIABLE: self.secret}, cwd="/",
            start_new_session=True, user=user, group=user, extra_groups=None if user is None else [],
        )  # fmt: skip

    def _listing(self) -> dict[str, tuple[int, int, int, bytes]]:
        found = {}
        for path in sorted(self.folder.rglob("*")):
            about = path.lstat()
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            found[str(path)] = (about.st_mode, about.st_uid, about.st_nlink, content)
        return found

    def harm(self, output: str) -> dict[str, str]:
        """Return what happened to the canaries, as kind of harm to what was seen.

        Parameters
        ----------
        output
            All that came of the attack: its report, in every format.

        Returns
        -------
        dict
            ``"file"``: a file changed, appeared or vanished. ``"secret"``: what only a forbidden file, an environment
            or another process holds is in the output. ``"done"``: the attack itself says that it did what it may not.
            ``"socket"``: something arrived. ``"process"``: the bystander was stopped or ended. ``"left"``: something
            stayed behind.
        """
        harm = {}
        now = self._listing()
        changed = sorted(path for path in {*now, *self._before} if now.get(path) != self._before.get(path))
        if changed:
            harm["file"] = ", ".join(Path(path).name for path in changed)
        if self.secret in output:
            harm["secret"] = "the secret is in the output"
        if self.targets["done"] in output:
            harm["done"] = "the attack says that it succeeded"
        reached = [name for name, made in self._sockets.items() if select.select([made], [], [], 0)[0]]
        if reached:
            harm["socket"] = ", ".join(reached)
        if self._process.poll() is not None or self._state() in "Tt":
            harm["process"] = "the bystander was stopped or ended"
        left = [*self._left_files(), *self._left_shared()]
        if left:
            harm["left"] = ", ".join(left)
        return harm

    def _state(self) -> str:
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{self._process.pid}/stat").read_text("ascii", "replace")
            return text.rpartition(")")[2].split()[0]
        return "R"

    def _left_files(self) -> list[str]:
        found = []
        for folder in _WATCHED:
            with contextlib.suppress(OSError):
                found += [f"{folder}/{name}" for name in os.listdir(folder) if self._token in name]
        return found

    def _left_shared(self) -> list[str]:
        """Return the kinds of System V objects with the canaries' key."""
        found = []
        for kind in ("shm", "msg", "sem"):
            with contextlib.suppress(OSError):
                rows = Path(f"/proc/sysvipc/{kind}").read_text("ascii").splitlines()[1:]
                found += [f"{kind} {row.split()[1]}" for row in rows if int(row.split()[0]) == self.targets["key"]]
        return found

    def sweep(self) -> None:
        """Mend the canaries and remove what an attack left, after it was let through on purpose."""
        now = self._listing()
        for name in set(now) - set(self._before):
            Path(name).unlink()
        for name, before in self._before.items():
            path, mode, content = Path(name), before[0], before[3]
            if stat.S_ISREG(mode) and now.get(name) != before:
                path.write_bytes(content)
                path.chmod(stat.S_IMODE(mode))
        for made in self._sockets.values():
            _drain(made)
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGCONT)
        for name in self._left_files():
            with contextlib.suppress(OSError):
                os.unlink(name)
        remove = {"shm": ("shmctl", ()), "msg": ("msgctl", ()), "sem": ("semctl", (0,))}
        for kind, number in (text.split() for text in self._left_shared()):
            name, more = remove[kind]
            getattr(ctypes.CDLL(None), name)(int(number), *more, 0, None)

    def data(self) -> dict[str, bytes]:
        """Return the data files that go with every attack."""
        return {"targets.json": json.dumps(self.targets).encode()}


def _drain(made: socket.socket) -> None:
    """Take what has arrived at a socket."""
    with contextlib.suppress(BlockingIOError):
        while True:
            if made.type == socket.SOCK_DGRAM:
                made.recv(2**16)
            else:
                made.accept()[0].close()


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
