"""The judge's end of the fork server's control socket, and the spare child that waits for the next submission."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from grader.allocation import environment as retaining
from grader.errors import GraderFault, SandboxError
from grader.worker import control
from grader.worker.confine import Protection
from grader.worker.parent import Child
from grader.worker.replies import Replies
from grader.worker.settings import Settings

_ANSWER_SECONDS = 60.0
"""How long the fork server may take to answer; most of it is for its imports on a cold disk."""
RESTARTS = 4
"""How often a fork server that died is replaced while one submission is graded."""

_BOOT = """
import sys, types
sys.path.extend(sys.argv[3:])
for name in ("grader", "grader.core"):
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = [f"{sys.argv[3]}/{name.replace('.', '/')}"]
from grader.worker.zygote import main
main(int(sys.argv[1]), sys.argv[2].encode())
"""
"""Starts the fork server; the two bare packages keep the judge's own modules out of it."""


class _Gone(Exception):
    """The fork server does not answer any more."""


class Server:
    """A fork server process, replaced where it dies: at most `RESTARTS` times between two calls of `renew`.

    It keeps one spare child, confined and ready, so that nobody waits for a fork.

    Parameters
    ----------
    make_folder
        Makes the empty folder of a child, which is named to the kernel before anything is in it.
    """

    def __init__(self, settings: Settings, make_folder: Callable[[], Path]) -> None:
        self._limits = settings.limits
        self._settings = msgspec.json.encode(settings).decode()
        self._environment = (
            _environment() if "environment" not in settings.without else {**os.environ, **_environment()}
        )
        self._make_folder = make_folder
        self._lock = threading.RLock()
        self.replies = Replies()
        self._restarts = RESTARTS
        self._has_answered = False
        self._spare: Child | None = None
        """The child that was ordered last, as long as nobody has taken it."""
        self._is_due = False
        """Whether the answer to its order has not been read yet."""
        self._scripts: dict[bytes, int] = {}
        """Frames of the scripts that were taught, with their numbers."""
        self._start()
        self.order()

    def renew(self) -> None:
        """Allow all restarts again: another submission begins. A server that never answers gets no more of them."""
        if self._has_answered:
            self._restarts = RESTARTS

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        ours.settimeout(_ANSWER_SECONDS)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", "-c", _BOOT, str(theirs.fileno()), self._settings, *_paths()],
                env=self._environment, pass_fds=[theirs.fileno()], cwd="/", start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        self._control = ours

    @property
    def pid(self) -> int:
        """Process id of the present fork server."""
        return self._process.pid

    def teach(self, frames: Iterable[bytes]) -> None:
        """Let children that are made from now on know some scripts, which then are asked for by number."""
        with self._lock:
            new = [frame for frame in dict.fromkeys(frames) if frame not in self._scripts]
            self._teach(new)
            self._scripts |= {frame: len(self._scripts) + i for i, frame in enumerate(new)}

    def _teach(self, frames: Iterable[bytes]) -> None:
        """Send scripts to the present server; that it is gone is found by whoever wants a child next."""
        with contextlib.suppress(OSError):
            control.send(self._control, control.TEACH, text=b"".join(frames))

    def number_of(self, frame: bytes, child: Child) -> int | None:
        """Return the number of a script that a child knows, `None` where it must be sent."""
        number = self._scripts.get(frame)
        return number if number is not None and number < child.known else None

    def child(self) -> Child:
        """Return a child of which nothing was asked yet: the spare one where it is alive, or else a new one.

        Raises
        ------
        SandboxError
            If the fork server does not work, also after some restarts.
        """
        with self._lock:
            while True:
                is_spare = self._spare is not None
                try:
                    child = self._spare or self._order()
                    self._read_due()
                except _Gone as error:
                    self._restart(error)
                    continue
                self._spare = None
                if not is_spare or child.is_alive():
                    return child
                _dispose(child)

    def order(self) -> None:
        """Have a spare child made, where there is none; nobody waits, and what prevents it shows at the next one."""
        with self._lock, contextlib.suppress(_Gone, OSError, GraderFault):
            if self._spare is None:
                self._order()

    def _order(self) -> Child:
        """Ask for a child, which becomes the spare one.

        Each has a channel of its own: what a server forked before it died may still hold the other one.
        """
        folder = self._make_folder()
        with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:
            ours.callback(shutil.rmtree, folder, ignore_errors=True)
            directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            theirs.callback(os.close, directory)
            channel, given = socket.socketpair()
            ours.enter_context(channel)
            theirs.enter_context(given)
            notes, noting = os.pipe()
            ours.callback(os.close, notes)
            theirs.callback(os.close, noting)
            for end in (notes, noting):
                os.set_blocking(end, False)
            self._tell(control.FORK, descriptors=[given.fileno(), directory, noting])
            ours.pop_all()
        self._is_due = True
        self._spare = Child(self, channel, notes, folder, self._limits)
        self._spare.known = len(self._scripts)
        return self._spare

    def _read_due(self) -> None:
        """Read the answer to the last order, where that has not been done."""
        if not self._is_due or self._spare is None:
            return
        self._is_due = False
        try:
            number, _, _, descriptors = self._hear()
        except (SandboxError, _Gone):
            self._discard()  # which process it is, if it is one, will never be known
            raise
        self._spare.started(number, descriptors[0] if descriptors else None)

    def _discard(self) -> None:
        self._is_due = False
        spare, self._spare = self._spare, None
        if spare is not None:
            _dispose(spare)

    def settle(self) -> Child | None:
        """Wait until all children that were ended are gone; return the spare one, where there is one."""
        with self._lock:
            while True:
                try:
                    self._read_due()
                    self._tell(control.SETTLE)
                    self._hear()
                    return self._spare
                except _Gone as error:
                    self._restart(error)

    def protections(self) -> list[Protection]:
        """Return what confines a child on this system."""
        with self._lock:
            while True:
                try:
                    self._read_due()
                    self._tell(control.PROTECTIONS)
                    return msgspec.json.decode(self._hear()[2], type=list[Protection])
                except _Gone as error:
                    self._restart(error)

    def kill(self, pid: int) -> None:
        """Kill a child that has not been reaped yet; for systems without process descriptors."""
        with self._lock, contextlib.suppress(_Gone):
            self._tell(control.KILL, pid)

    def release(self, pid: int) -> None:
        """Kill a child, and let it be reaped when it has ended, for which nobody waits."""
        with self._lock, contextlib.suppress(_Gone):
            self._tell(control.RELEASE, pid)

    def reap(self, pid: int) -> tuple[int, float] | None:
        """Wait for a killed child; return its wait status and processor seconds, or None where nobody knows."""
        with self._lock, contextlib.suppress(_Gone):
            with contextlib.suppress(SandboxError):
                self._read_due()
            self._tell(control.REAP, pid)
            status, microseconds, _, _ = self._hear()
            return None if status < 0 else (status, microseconds / 1e6)
        return None

    def close(self) -> None:
        """End the server; its children end with it."""
        with self._lock:
            self._discard()
            self._stop()

    def _stop(self) -> None:
        self._control.close()
        try:
            self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _tell(self, kind: bytes, number: int = 0, *, descriptors: Sequence[int] = ()) -> None:
        try:
            control.send_with(self._control, kind, number, list(descriptors))
        except OSError as error:
            raise _Gone(str(error)) from None

    def _hear(self) -> tuple[int, int, bytes, list[int]]:
        """Return the numbers, the text and the descriptors of the server's next answer.

        Raises
        ------
        SandboxError
            If it could not do what it was asked.
        """
        try:
            kind, first, second, text, descriptors = control.receive(self._control)
        except (EOFError, OSError) as error:
            raise _Gone(str(error)) from None
        self._has_answered = True
        if kind == control.FAILED:
            raise SandboxError(f"the fork server failed: {text.decode(errors='replace')}")
        return first, second, text, descriptors

    def _restart(self, error: _Gone) -> None:
        self._discard()
        if not self._restarts:
            raise SandboxError(f"the fork server died again and again: {error}") from None
        self._restarts -= 1
        self._has_answered = False
        self._process.kill()
        self._stop()
        self._start()
        self._teach(self._scripts)


def _dispose(child: Child) -> None:
    """End a child that nobody used."""
    child.end()
    shutil.rmtree(child.folder, ignore_errors=True)


def _paths() -> list[str]:
    """Return the folders that hold this package and what it needs; the first is this package's."""
    paths = [str(Path(__file__).resolve().parents[2])]
    for name in ("numpy", "msgspec", "pyseccomp", "landlockpy"):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            folder = Path(spec.origin).parent
            paths.append(str(folder if spec.submodule_search_locations is None else folder.parent))
    return list(dict.fromkeys(paths))


def _environment() -> dict[str, str]:
    """Return the environment of the fork server: one thread, one time zone, and what the interpreter needs to start."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    loader = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
    kept = {name: os.environ[name] for name in loader if name in os.environ}
    return {
        **kept,
        **retaining(),
        **dict.fromkeys(threads, "1"),
        "PYTHONHASHSEED": "0",
        "TZ": "UTC",
        "PATH": "/usr/bin:/bin",
    }
