"""The judge's ends: of the fork server's control socket and of each child's channel; every wait has a deadline."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import msgspec

from grader.allocation import environment as retaining
from grader.core import protocol
from grader.core.protocol import Died, Reply, TimedOut
from grader.errors import ProtocolError, SandboxError
from grader.worker import attempts, control
from grader.worker.confine import Protection
from grader.worker.limits import Limits
from grader.worker.replies import Replies
from grader.worker.settings import Settings

_CHUNK = 2**20
_ANSWER_SECONDS = 60.0
"""How long the fork server may take to answer; most of it is for its imports on a cold disk."""
RESTARTS = 4
"""How often a fork server that died is replaced while one submission is graded."""
_EXIT_SECONDS = 0.2
"""How long a child whose channel is closed may take to end by itself, so that its own exit status is known."""

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


class Ended(Exception):
    """A child has timed out or died.

    Attributes
    ----------
    from_outside
        Whether it was killed by someone else, or with the fork server: that says nothing about the submission.
    """

    def __init__(self, trace: TimedOut | Died, *, from_outside: bool = False) -> None:
        super().__init__(trace)
        self.trace = trace
        self.from_outside = from_outside


class Server:
    """A fork server process, replaced where it dies: at most `RESTARTS` times between two calls of `renew`."""

    def __init__(self, settings: Settings) -> None:
        self._limits = settings.limits
        self._settings = msgspec.json.encode(settings).decode()
        self._environment = (
            _environment() if "environment" not in settings.without else {**os.environ, **_environment()}
        )
        self._lock = threading.Lock()
        self.replies = Replies()
        self._restarts = RESTARTS
        self._has_answered = False
        self._start()

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

    def fork(self, folder: Path) -> Child:
        """Return a new child whose working folder is `folder`.

        Raises
        ------
        SandboxError
            If the fork server does not work, also after some restarts.
        """
        directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            while True:
                child = self._fork(directory)
                if child is not None:
                    return child
        finally:
            os.close(directory)

    def _fork(self, directory: int) -> Child | None:
        """Return a new child, or `None` where the server died meanwhile and was replaced.

        Each attempt has a channel of its own: what a server forked before it died may still hold the other one.
        """
        with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:
            channel, given = socket.socketpair()
            ours.enter_context(channel)
            theirs.enter_context(given)
            notes, noting = os.pipe()
            ours.callback(os.close, notes)
            theirs.callback(os.close, noting)
            for end in (notes, noting):
                os.set_blocking(end, False)
            answer = self._ask(control.FORK, descriptors=[given.fileno(), directory, noting])
            if answer is None:
                return None
            _, pid, _, descriptors = answer
            ours.pop_all()
        return Child(self, channel, notes, pid, descriptors[0] if descriptors else None, self._limits)

    def protections(self) -> list[Protection]:
        """Return what confines a child on this system."""
        while True:
            answer = self._ask(control.PROTECTIONS)
            if answer is not None:
                return msgspec.json.decode(answer[2], type=list[Protection])

    def kill(self, pid: int) -> None:
        """Kill a child that has not been reaped yet; for systems without process descriptors."""
        with self._lock, contextlib.suppress(OSError):
            control.send(self._control, control.KILL, pid)

    def reap(self, pid: int) -> tuple[int, float] | None:
        """Wait for a killed child; return its wait status and processor seconds, or None where nobody knows."""
        try:
            kind, status, _, microseconds = self._ask_number(pid)
        except SandboxError:
            return None
        return None if kind != control.REAPED or status < 0 else (status, microseconds / 1e6)

    def close(self) -> None:
        """End the server; its children end with it."""
        self._control.close()
        try:
            self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask_number(self, pid: int) -> tuple[bytes, int, bytes, int]:
        with self._lock:
            try:
                control.send(self._control, control.REAP, pid)
                kind, status, microseconds, _, _ = control.receive(self._control)
            except (EOFError, OSError):
                raise SandboxError("the fork server is gone") from None
        return kind, status, b"", microseconds

    def _ask(self, kind: bytes, *, descriptors: Sequence[int] = ()) -> tuple[bytes, int, bytes, list[int]] | None:
        """Return the server's answer; `None` where it died instead and another one has taken its place."""
        with self._lock:
            try:
                control.send_with(self._control, kind, 0, list(descriptors))
                answer, number, _, text, received = control.receive(self._control)
            except (EOFError, OSError) as error:
                self._restart(error)
                return None
            self._has_answered = True
        if answer == control.FAILED:
            raise SandboxError(f"the fork server failed: {text.decode(errors='replace')}")
        return answer, number, text, received

    def _restart(self, error: EOFError | OSError) -> None:
        if not self._restarts:
            raise SandboxError(f"the fork server died again and again: {error}") from None
        self._restarts -= 1
        self._has_answered = False
        self._process.kill()
        self.close()
        self._start()


class Child:
    """One confined child: its channel, and the means to end it."""

    def __init__(
        self, server: Server, channel: socket.socket, notes: int, pid: int, pidfd: int | None, limits: Limits
    ) -> None:
        channel.settimeout(0.0)
        self._server = server
        self._channel = channel
        self._notes = notes
        self._pid = pid
        self._pidfd = pidfd
        self._limits = limits
        self._buffer = bytearray()
        self._outbox: deque[memoryview] = deque()
        self._end: Ended | None = None
        self.heard = 0
        """Bytes of the headers of all replies so far."""

    def is_waiting(self) -> bool:
        """Return whether the child still runs and has said nothing since it last answered."""
        return not self._buffer and not self._poll(select.POLLIN, 0.0)

    def send(self, frame: bytes, *, waiting: bool = False) -> None:
        """Begin to send a frame, without waiting: what does not fit goes out while replies are awaited.

        Parameters
        ----------
        waiting
            Whether replies to earlier frames are still due.

        Raises
        ------
        ProtocolError
            If the child has sent something unasked.
        """
        if not waiting and (self._buffer or (self._poll(select.POLLIN, 0.0) and self._read())):
            raise ProtocolError("a worker sent something that nobody asked for")
        self._outbox.append(memoryview(frame))
        self._flush()

    def receive(self, deadline: float, seconds: float) -> tuple[Reply, bytes]:
        """Return the next frame by the deadline.

        Raises
        ------
        Ended
            If there is none in time, or the child has ended.
        ProtocolError
            If it is not a reply.
        """
        prefix = protocol.PREFIX.size
        header = payload = 0
        if time.monotonic() > deadline:
            raise Ended(TimedOut(seconds))
        while True:
            if len(self._buffer) >= prefix:
                header, payload = protocol.frame_sizes(bytes(self._buffer[:prefix]), most=protocol.MAX_REPLY)
                if len(self._buffer) >= prefix + header + payload:
                    break
            self._wait(deadline, seconds)
            if not self._read():
                raise self._death()
        start, stop = prefix + header, prefix + header + payload
        reply = self._server.replies.decode(bytes(self._buffer[prefix:start]), payload)
        self.heard += header
        body = bytes(memoryview(self._buffer)[start:stop])
        del self._buffer[:stop]
        return reply, body

    def attempts(self) -> list[str]:
        """Return what the child tried, although it may not, since the last call."""
        return attempts.read(self._notes) if self._notes >= 0 else []

    def end(self) -> None:
        """Kill the child, wait for it and release everything."""
        if self._pid:
            self._finish()
        self._channel.close()
        if self._notes >= 0:
            os.close(self._notes)
            self._notes = -1

    def _flush(self) -> None:
        """Send what the channel takes now; that a child has ended is found when its reply is awaited."""
        try:
            while self._outbox:
                rest = self._outbox[0][self._channel.send(self._outbox[0]) :]
                if rest:
                    self._outbox[0] = rest
                else:
                    self._outbox.popleft()
        except BlockingIOError:
            pass
        except OSError:
            self._outbox.clear()

    def _wait(self, deadline: float, seconds: float) -> None:
        """Wait until something has come, sending meanwhile; the deadline holds although a child keeps it busy."""
        while True:
            left = deadline - time.monotonic()
            events = self._poll(select.POLLIN | (select.POLLOUT if self._outbox else 0), left) if left > 0 else 0
            if not events:
                raise Ended(TimedOut(seconds))
            if events & ~select.POLLOUT:
                return
            self._flush()

    def _poll(self, events: int, seconds: float) -> int:
        poll = select.poll()
        poll.register(self._channel, events)
        ready = poll.poll(max(0.0, seconds) * 1000)
        return ready[0][1] if ready else 0

    def _read(self) -> bool:
        """Take what has come; return False at the end of the channel."""
        try:
            data = self._channel.recv(_CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._buffer += data
        return bool(data)

    def _death(self) -> Ended:
        """Return why a child whose channel is closed has ended."""
        if self._end is None:
            if self._pidfd is not None:
                poll = select.poll()
                poll.register(self._pidfd, select.POLLIN)
                poll.poll(_EXIT_SECONDS * 1000)
            status = self._finish()
            if status is None:
                self._end = Ended(Died("the worker is gone"), from_outside=True)
            else:
                reason, from_outside = _reason(*status, self._limits)
                self._end = Ended(Died(reason), from_outside=from_outside)
        return self._end

    def _finish(self) -> tuple[int, float] | None:
        pid, self._pid = self._pid, 0
        if self._pidfd is None:
            self._server.kill(pid)
        else:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            os.close(self._pidfd)
            self._pidfd = None
        return self._server.reap(pid)


def _reason(status: int, seconds: float, limits: Limits) -> tuple[str, bool]:
    """Say how a child ended, from its wait status and the processor time that it used, and whether it was killed."""
    if os.WIFEXITED(status):
        return f"ended itself with exit code {os.WEXITSTATUS(status)} (os._exit)", False
    number = os.WTERMSIG(status)
    if seconds >= limits.cpu_seconds or number == signal.SIGXCPU:
        return f"used more than {limits.cpu_seconds} s of processor time", False
    meaning = {
        signal.SIGKILL: "; probably out of memory",
        signal.SIGSEGV: ": crash in native code",
        signal.SIGBUS: ": crash in native code",
        signal.SIGILL: ": crash in native code",
        signal.SIGFPE: ": crash in native code",
        signal.SIGABRT: ": native code gave up, probably out of memory",
        signal.SIGSYS: ": a system call of another architecture",
    }
    try:
        known = signal.Signals(number)
    except ValueError:
        return f"killed by signal {number} (an unnamed signal)", False
    return f"killed by signal {number} ({known.name}{meaning.get(known, '')})", number == signal.SIGKILL


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
