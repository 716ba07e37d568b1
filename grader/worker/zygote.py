"""The fork server: imports what submissions need once, then forks one child for each request."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import select
import shutil
import signal
import socket
import sys
import types
from urllib.error import URLError

import msgspec

from grader.core.protocol import Bind, Data, Load, Run, Step, encode
from grader.core.submission import Cell, SourceFile
from grader.worker import child, confine, control
from grader.worker.imports import Provided
from grader.worker.limits import address_space
from grader.worker.script import Script, ready_scripts
from grader.worker.settings import Settings

WARM = (
    "numpy", "numpy.fft", "numpy.lib.stride_tricks", "numpy.linalg", "numpy.ma", "numpy.polynomial", "numpy.random",
    "numpy.testing", "unittest.mock", "_strptime", "array", "bisect", "builtins", "calendar", "cmath",
    "collections.abc", "colorsys", "contextlib", "copy", "csv", "dataclasses", "datetime", "decimal", "difflib",
    "encodings.idna", "encodings.latin_1", "enum", "fractions", "functools", "glob", "gzip", "hashlib", "heapq",
    "importlib.resources", "inspect", "io", "itertools", "json", "linecache", "locale", "logging", "math",
    "numbers", "operator", "os", "pathlib", "pickle", "platform", "pprint", "queue", "random", "re", "shutil",
    "stat", "statistics", "string", "stringprep", "struct", "sys", "tempfile", "textwrap", "threading", "time",
    "timeit", "traceback", "types", "typing", "unicodedata", "unittest", "urllib.error", "urllib.parse",
    "uuid", "warnings", "weakref", "zipfile", "zlib",
)  # fmt: skip
"""Imported before the first fork: a child without root often cannot reach the interpreter's files any more."""


_REHEARSALS = 10
"""So often code is run before the interpreter stops to rewrite it for the types that it sees."""
_REHEARSED = "grade_rehearsal"
_REHEARSAL = """
import numpy as np

SIZE = 2


def scores(x, w=None):
    \"\"\"Return probabilities.\"\"\"
    z = np.exp(x - x.max(axis=1, keepdims=True))
    for i in range(SIZE):
        z[i] = z[i] / np.sum(z[i])
    return z


class Layer:
    def __init__(self, size):
        self.weights = np.zeros((size, size))

    def forward(self, x):
        return x @ self.weights


def loss(x, y=0):
    if y is None:
        raise ValueError("labels are missing")
    return -np.log(np.maximum(scores(x), 1e-12)).mean(), {"x": x.T, "hidden": Layer(SIZE).forward(x)}
"""
"""Resembles homework."""


def main(descriptor: int, settings: bytes) -> None:
    """Serve fork requests on a control socket until the judge closes it."""
    channel = socket.socket(fileno=descriptor)
    try:
        server = _Server(channel, msgspec.json.decode(settings, type=Settings))
    except Exception as error:
        control.send(channel, control.FAILED, text=f"{type(error).__name__}: {error}"[:2000].encode())
        return
    server.serve()
    server.end()
    if server.settings.folder:
        shutil.rmtree(server.settings.folder, ignore_errors=True)


class _Server:
    def __init__(self, channel: socket.socket, settings: Settings) -> None:
        for signum in (signal.SIGINT, signal.SIGHUP):
            signal.signal(signum, signal.SIG_IGN)
        self.channel = channel
        self.settings = settings
        for module in (*WARM, *settings.allowed):
            with contextlib.suppress(Exception):
                importlib.import_module(module)
        sys.modules.setdefault("urllib.request", _offline())
        self.confinement = confine.prepare(
            settings.allowed, full=settings.full, data=settings.folder, without=settings.without
        )
        self.provided = Provided()
        self.forks = 0
        self.children: dict[int, int] = {}
        """Those that have not been waited for, by number, with a descriptor of each, or -1 where there are none."""
        self.released: set[int] = set()
        """Those among them that are ending and whose exit status nobody will ask for."""
        if "environment" not in settings.without:
            os.environ.clear()
        self.scripts: list[Script] = []
        """Those that children know from their start."""
        self.freeze()

    def freeze(self) -> None:
        """Take what there is now for what every child begins with."""
        gc.collect()
        gc.freeze()
        self.base = address_space()

    def rehearse(self) -> None:
        """Load and run something like homework, so that later children find the loader's code warm."""
        for _ in range(_REHEARSALS):
            _rehearse(self.settings.allowed)
        self.freeze()

    def serve(self) -> None:
        """Answer requests until the judge closes its end."""
        with contextlib.suppress(EOFError, ConnectionError):
            while True:
                self.await_request()
                kind, number, _, text, descriptors = control.receive(self.channel)
                if kind == control.FORK:
                    self.fork(descriptors)
                elif kind == control.KILL:
                    self.kill(number)
                elif kind == control.REAP:
                    self.reap(number)
                elif kind == control.RELEASE:
                    self.kill(number)
                    self.released |= {number} & self.children.keys()
                elif kind == control.SETTLE:
                    self.settle()
                elif kind == control.TEACH:
                    self.scripts += ready_scripts(text)
                    self.freeze()
                elif kind == control.PROTECTIONS:
                    control.send(
                        self.channel, control.PROTECTIONS, text=msgspec.json.encode(self.confinement.protections)
                    )

    def await_request(self) -> None:
        """Wait for a request, and meanwhile for children that are ending."""
        if not hasattr(os, "pidfd_open"):
            for pid in list(self.released):
                self.wait(pid)
        while self.released:
            ending = {self.children[pid]: pid for pid in self.released}
            ready, _, _ = select.select([self.channel.fileno(), *ending], [], [])
            for descriptor in ready:
                if descriptor in ending:
                    self.wait(ending[descriptor])
            if self.channel.fileno() in ready:
                return

    def kill(self, pid: int) -> None:
        """Kill a child; its number is not given to another process before it is waited for."""
        if pid in self.children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def wait(self, pid: int) -> tuple[int, float]:
        """Wait for a child that is ending; return how it ended and what processor time it used, in seconds."""
        _, status, usage = os.wait4(pid, 0)
        self.released.discard(pid)
        pidfd = self.children.pop(pid, -1)
        if pidfd >= 0:
            os.close(pidfd)
        return status, usage.ru_utime + usage.ru_stime

    def settle(self) -> None:
        """Wait until every released child is gone, and say so."""
        for pid in list(self.released):
            self.wait(pid)
        control.send(self.channel, control.SETTLE)

    def end(self) -> None:
        """Kill every child and wait until they are gone."""
        for pid in self.children:
            self.kill(pid)
        for pid in list(self.children):
            self.wait(pid)

    def fork(self, descriptors: list[int]) -> None:
        """Fork a child that serves the first descriptor and reads the folder behind the second."""
        if self.forks == 1:  # the first child is waited for, and often is the only one
            self.rehearse()
        self.forks += 1
        server = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            control.send(self.channel, control.FAILED, text=f"cannot fork a worker: {error}".encode())
            pid = -1
        if pid == 0:
            child.main(
                descriptors, self.settings.limits, self.confinement, self.scripts,
                provided=self.provided, base=self.base, server=server,
            )  # fmt: skip
        for descriptor in descriptors:
            os.close(descriptor)
        if pid < 0:
            return
        pidfd = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else -1
        self.children[pid] = pidfd
        control.send_with(self.channel, control.STARTED, pid, [pidfd] if pidfd >= 0 else [])

    def reap(self, pid: int) -> None:
        """Wait for a child, which the judge knows to be ending, and tell how it ended and what it used."""
        try:
            status, seconds = self.wait(pid)
        except ChildProcessError:
            control.send(self.channel, control.REAPED, -1)
            return
        control.send(self.channel, control.REAPED, status, int(seconds * 1e6))


def _rehearse(allowed: list[str]) -> None:
    """Load and ask what is no submission, over a channel of this process, as a child does.

    What the interpreter makes and writes at the first use of code, and all that it notes of types and calls, is then in
    place before the fork, and no child copies the pages that it is on.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        file = SourceFile(f"{_REHEARSED}.py", [Cell("", _REHEARSAL)])
        script = Run([Step(name, [Data("<f8", (2, 2), 0)]) for name in ("scores", "loss")])
        ours.sendall(encode(Load([file], allowed, 5.0)) + encode(Bind({})) + encode(script, bytes(32)))
        ours.shutdown(socket.SHUT_WR)
        with contextlib.suppress(EOFError):
            child.serve(child.Channel(theirs.fileno()), [], Provided())
    del sys.modules[_REHEARSED]


def _offline() -> types.ModuleType:
    """Return what stands for `urllib.request`, which NumPy asks about every file that does not exist."""
    module = types.ModuleType("urllib.request")

    def urlopen(*_: object, **__: object) -> None:
        raise URLError("there is no network while grading")

    module.urlopen = urlopen  # type: ignore[attr-defined]
    return module


def _main() -> None:
    main(int(sys.argv[1]), sys.argv[2].encode())


if __name__ == "__main__":
    _main()
