"""A forked child: confines itself, loads one submission and answers its scripts."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from typing import NoReturn

import msgspec

from grader.core import protocol
from grader.core.protocol import Bind, Bound, Known, Load, More, Part, Ready, Reply, Request, Run, Running
from grader.worker import attempts, confine, limits
from grader.worker.evaluator import Evaluator
from grader.worker.imports import Provided
from grader.worker.loader import Loader
from grader.worker.script import Script

CHANNEL, FOLDER, NOTES = 3, 4, 5
"""The descriptors that a child keeps: its channel, the folder of its data until it is there, the pipe of attempts."""


def main(
    descriptors: list[int],
    allowance: limits.Limits,
    confinement: confine.Confinement,
    scripts: Sequence[Script],
    *,
    provided: Provided,
    base: int,
    server: int,
) -> NoReturn:
    """Serve the first descriptor, in the folder behind the second, noting attempts in the third; never returns."""
    try:
        most = os.sysconf("SC_OPEN_MAX")
        _arrange(descriptors)
        channel = Channel(CHANNEL)
        try:
            os.setsid()
            if "limits" not in confinement.without:
                limits.apply(allowance, base=base)
            _silence()
            confine.enter(confinement, folder=FOLDER, server=server)
        except (confine.ConfinementError, OSError) as error:
            channel.send(Ready(str(error) or type(error).__name__))
            os._exit(1)
        os.close(FOLDER)
        if "descriptors" not in confinement.without:
            os.closerange(NOTES + 1, most)
        attempts.watch(NOTES, confinement.readable)
        channel.send(Ready())
        serve(channel, scripts, provided)
    except (EOFError, OSError):
        pass
    except BaseException:
        os._exit(70)
    os._exit(0)


def serve(channel: Channel, known: Sequence[Script], provided: Provided) -> None:
    """Answer requests until the judge closes the channel."""
    evaluator = Evaluator({})
    loader: Loader | None = None
    bound: dict[str, str] = {}
    scripts = 0
    while True:
        request, payload = channel.receive()
        if isinstance(request, Load):
            loader = Loader(request, announce=lambda statement: channel.send(Running(statement)), provided=provided)
            channel.send(loader.load(request.first))
            evaluator = Evaluator(
                loader.functions({}), locate=loader.locate, explain=loader.explain, careful=request.careful, alone=True
            )
        elif isinstance(request, More) and loader is not None:
            loaded = loader.load(request.files)
            evaluator.functions = loader.functions(bound)
            channel.send(loaded)
        elif isinstance(request, Bind) and loader is not None:
            bound = request.files
            evaluator.functions = loader.functions(bound)
            channel.send(Bound())
        elif isinstance(request, Run | Known):
            scripts += 1
            script = Script(request, payload) if isinstance(request, Run) else known[request.number]
            channel.send_all(evaluator.run_ready(script), script=scripts)


_LARGE = 2**17
"""Bytes of a payload from which its pieces are not copied together to be sent."""
_MAX_PIECES = 512


class Channel:
    """Frames over a descriptor, by read and write alone."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def receive(self) -> tuple[Request, memoryview]:
        """Return the next request and its payload.

        Raises
        ------
        EOFError
            If the judge has closed its end.
        """
        header, payload = protocol.frame_sizes(bytes(self._read(protocol.PREFIX.size)))
        request = protocol.decode_request(bytes(self._read(header)))
        return request, memoryview(self._read(payload))

    def send(self, reply: Reply, payload: Sequence[bytes] = ()) -> None:
        """Send one frame with the pieces of its payload."""
        frame = protocol.encode(reply, *payload) if sum(map(len, payload)) < _LARGE else b""
        pieces = [frame] if frame else [protocol.encode_start(reply, sum(map(len, payload))), *payload]
        for first in range(0, len(pieces), _MAX_PIECES):
            self._write(pieces[first : first + _MAX_PIECES])

    def _write(self, pieces: list[bytes]) -> None:
        """Write all of some pieces."""
        left = os.writev(self._descriptor, pieces)
        for piece in pieces:
            rest = memoryview(piece)[left:]
            left = max(0, left - len(piece))
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]

    def send_all(self, parts: Iterable[tuple[Part, list[bytes]]], *, script: int) -> None:
        """Send the answer to a script as it comes."""
        for part, payload in parts:
            self.send(msgspec.structs.replace(part, script=script), payload)

    def _read(self, size: int) -> bytearray:
        data = bytearray()
        while len(data) < size:
            more = os.read(self._descriptor, min(size - len(data), 2**20))
            if not more:
                raise EOFError("the judge has closed the channel")
            data += more
        return data


def _arrange(descriptors: list[int]) -> None:
    """Move the given descriptors to 3, 4 and 5, and put /dev/null on 0, 1 and 2."""
    high = [os.dup(descriptor) for descriptor in descriptors]
    while min(high) <= NOTES:
        high = [os.dup(descriptor) for descriptor in high]
    null = os.open(os.devnull, os.O_RDWR)
    for target in (0, 1, 2):
        os.dup2(null, target)
    for target, source in zip((CHANNEL, FOLDER, NOTES), high, strict=True):
        os.dup2(source, target, inheritable=False)


def _silence() -> None:
    """Give the submission streams that cost nothing, and the signal handlers of a fresh process."""
    for signum in (signal.SIGINT, signal.SIGHUP):
        signal.signal(signum, signal.SIG_DFL)
    sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = Sink()  # type: ignore[misc, assignment]
    sys.stdin = sys.__stdin__ = io.StringIO()  # type: ignore[misc, assignment]


class Sink(io.TextIOBase):
    """A text stream that takes everything and keeps nothing."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        """Take some text."""
        return len(text)

    def writable(self) -> bool:
        """Return that it can be written to."""
        return True
