"""A worker that is a thread on a socket pair: it answers honestly, but what it sends can be forged on the way."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from grader.core.protocol import Bind, Bound, Load, Loaded, Part, Ready, Reply, Request, Run, encode
from grader.sandbox import Limits, SandboxWorker
from grader.worker.child import Channel
from grader.worker.definitions import describe
from grader.worker.evaluator import Evaluator
from grader.worker.parent import Child
from grader.worker.replies import Replies

from .mutations import Forged

Functions = Mapping[str, Callable[..., object]]
Known = dict[bytes, list[tuple[Part, list[bytes]]]]
Forge = Callable[[Request, bytes], Forged | None]
"""Takes a request and the honest frame that answers it; returns what is sent instead, `None` to send it as it is."""


class Answering:
    """Honest frames in answer to requests; what was asked before is not computed again."""

    def __init__(self, functions: Functions, known: Known) -> None:
        self._functions = functions
        self._known = known
        self._evaluator = Evaluator(functions)
        self._careful = False
        self._scripts = 0
        self._unrun: tuple[Run, bytes] | None = None

    def frames(self, request: Request, payload: bytes) -> list[bytes]:
        """Return the frames that answer a request."""
        if isinstance(request, Load):
            self._careful = request.careful
            self._evaluator = Evaluator(self._functions, careful=request.careful)
            return [encode(Loaded([describe(name, function) for name, function in self._functions.items()]))]
        if isinstance(request, Bind):
            return [encode(Bound())]
        self._scripts += 1
        parts = self._parts(request, payload)
        return [encode(msgspec.structs.replace(part, script=self._scripts), *data) for part, data in parts]

    def _parts(self, request: Run, payload: bytes) -> list[tuple[Part, list[bytes]]]:
        if request.continues:
            if self._unrun is not None:
                list(self._evaluator.run(*self._unrun))
                self._unrun = None
            return list(self._evaluator.run(request, payload))
        key = bytes([self._careful]) + encode(request, payload)
        if key in self._known:
            self._unrun = (request, payload)
        else:
            self._known[key] = list(self._evaluator.run(request, payload))
            self._unrun = None
        return self._known[key]


class FakeServer:
    """Stands for the fork server: its children are threads.

    Parameters
    ----------
    functions
        Names to callables; they take the place of a submission.
    forge
        Decides over every frame that is sent.
    known
        Honest answers that are already known, shared between servers with the same functions.
    """

    def __init__(self, functions: Functions, forge: Forge, known: Known) -> None:
        self._functions = functions
        self._forge = forge
        self._known = known
        self._numbers = itertools.count(1)
        self._children: dict[int, tuple[socket.socket, threading.Thread]] = {}
        self._killed: set[socket.socket] = set()
        self.replies = Replies()

    def worker(self, limits: Limits, folder: Path) -> SandboxWorker:
        """Return a worker as `Sandbox.worker` does."""
        self._folder = folder
        return SandboxWorker(self, limits, (), None)

    def order(self) -> None:
        """Do nothing: a thread takes no time to start."""

    def child(self) -> Child:
        """Return the judge's end of a new thread."""
        ours, theirs = socket.socketpair()
        number = next(self._numbers)
        thread = threading.Thread(target=self._serve, args=(theirs,), daemon=True)
        self._children[number] = (theirs, thread)
        thread.start()
        child = Child(self, ours, -1, self._folder, Limits())
        child.started(number, None)
        return child

    def kill(self, number: int) -> None:
        """Close a thread's end, at which it ends."""
        with contextlib.suppress(OSError):
            self._children[number][0].shutdown(socket.SHUT_RDWR)

    def number_of(self, frame: bytes, child: Child) -> None:
        """Know no script beforehand."""

    def release(self, number: int) -> None:
        """Wait for a thread whose end nobody asks for."""
        self.reap(number)

    def reap(self, number: int) -> tuple[int, float]:
        """Wait for a thread."""
        channel, thread = self._children.pop(number)
        thread.join(60)
        assert not thread.is_alive()
        channel.close()
        return (signal.SIGKILL if channel in self._killed else 0), 0.0

    @property
    def running(self) -> int:
        """How many children nobody has waited for."""
        return len(self._children)

    def _serve(self, end: socket.socket) -> None:
        channel = Channel(end.fileno())
        answering = Answering(self._functions, self._known)
        with contextlib.suppress(EOFError, OSError):
            if not self._send(end, Ready(), [encode(Ready())]):
                return
            while True:
                request, payload = channel.receive()
                if not self._send(end, request, answering.frames(request, bytes(payload))):
                    return

    def _send(self, end: socket.socket, request: Request | Reply, frames: list[bytes]) -> bool:
        """Send frames, forged or not; return whether the worker goes on."""
        for frame in frames:
            forged = self._forge(request, frame)
            end.sendall(frame if forged is None else forged.data)
            if forged is not None and forged.then in ("close", "killed"):
                if forged.then == "killed":
                    self._killed.add(end)
                end.shutdown(socket.SHUT_RDWR)
                return False
            if forged is not None and forged.then == "stall":
                while os.read(end.fileno(), 2**16):
                    pass
                return False
        return True
