"""Starts, talks to and stops workers; never waits without a deadline and never raises for what a submission does."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Literal

import msgspec

from grader.answers import Answers, Collected, InlineWorker, Worker, split_frame
from grader.core import protocol
from grader.core.protocol import Bind, Bound, Died, Known, Load, Loaded, More, Ready, Run, Running, TimedOut
from grader.core.submission import Submission
from grader.errors import ProtocolError, SandboxError
from grader.submissions.staging import stage
from grader.worker.attempts import MAX_ATTEMPTS
from grader.worker.confine import NOBODY, Protection
from grader.worker.limits import Limits
from grader.worker.parent import Child, Ended
from grader.worker.server import Server
from grader.worker.settings import DEFAULT_ALLOWED, Settings

__all__ = ["DEFAULT_ALLOWED", "Answers", "InlineWorker", "Limits", "Protection", "Sandbox", "SandboxWorker", "Worker"]

_GRACE = 1.0
"""Seconds by which the judge waits longer than a child's own alarm."""
_START_SECONDS = 20.0
_HUNG_SECONDS = 1.0
"""Wall time of a script that calls a function which ran out of time before."""
_PARDONS = 3
"""How often in one submission a worker may be killed from outside without anything being held against it."""
_RENEWAL_SECONDS = 5.0
"""Wall time that one submission may take for being loaded again, so that its functions are seen apart."""
_MAX_RELOADS = 8
"""How many statements of one submission may end or hang a worker before loading is given up."""


class SandboxWorker:
    """One submission in one confined child at a time; `Sandbox.worker` makes it."""

    def __init__(self, server: Server, limits: Limits, allowed: Sequence[str], folder: Path | None) -> None:
        self._server = server
        self._limits = limits
        self._allowed = list(allowed)
        self._folder = folder
        """The working folder of the last child, or at first where the data files are, if there are any."""
        self._has_data = folder is not None
        self._child: Child | None = None
        self._load: Load | None = None
        self._denied: list[str] = []
        self._bound: dict[str, str] | None = None
        self._end: TimedOut | Died | None = None
        self._spent = 0.0
        self._hung: set[str] = set()
        self._renewals = 0
        self._is_plain = False
        """Whether its files can be loaded one by one: nothing was odd, and no two are modules of one name."""
        self._wanted: frozenset[str] = frozenset()
        """The files that hold what is called next."""
        self._first: frozenset[str] = frozenset()
        """The files that the present child has loaded, empty where it has all."""
        self._loading_seconds = 0.0
        self._pardons = _PARDONS
        self._sent = 0
        """Scripts that the present child was sent."""
        self._asked: deque[tuple[bytes, int, int]] = deque()
        """Scripts that were sent ahead, in order, with the number of their steps and their own."""
        self._answered: dict[int, tuple[bytes, Answers]] = {}
        """Answers that came before they were wanted, by the script's identity."""

    def __enter__(self) -> SandboxWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def load(self, submission: Submission) -> Loaded | TimedOut | Died:
        """Load a submission; statements that hang or end the child are skipped with a remark.

        The answer's list of what was denied grows while later scripts are answered.

        Raises
        ------
        SandboxError
            If no confined child can be started.
        """
        self._end_child()
        self._load = Load(
            submission.files, self._allowed, self._limits.load_seconds, total_seconds=self._limits.load_total_seconds
        )
        self._first = self._wanted = frozenset()
        self._bound = self._end = None
        self._pardons = _PARDONS
        self._denied = []
        loaded = self._start()
        if not isinstance(loaded, Loaded):
            return loaded
        self._denied[:0] = loaded.denied
        names = {Path(file.path).stem for file in submission.files}
        self._is_plain = not (loaded.remarks or loaded.denied) and len(names) == len(submission.files)
        return msgspec.structs.replace(loaded, denied=self._denied)

    def bind(self, files: dict[str, str]) -> None:
        """Choose whose definition answers to a name, now and in every later child."""
        self._bound = dict(files)
        child = self._child
        if child is not None and self._end is None:
            try:
                with self._clock():
                    self._send_bind(child)
            except _Stuck as stuck:
                self._ended(child, stuck.trace)

    def need(self, files: Iterable[str]) -> None:
        """Say in which files the functions are that are called next; a child that was renewed may lack some."""
        self._wanted = frozenset(files)
        if not self._first or self._wanted <= self._first:
            return
        self._drain()
        child = self._child
        if child is None:
            self._first = self._first and self._first | self._wanted
            return
        try:
            with self._clock():
                child.send(protocol.encode(More(sorted(self._wanted - self._first))))
                self._await_loaded(child, time.monotonic() + self._limits.load_total_seconds)
            self._first |= self._wanted
        except (_Stuck, ProtocolError) as error:
            self._ended(child, error.trace if isinstance(error, _Stuck) else Died("sent what is not an answer"))

    def run(self, script: Run, payload: bytes, *, seconds: float | None = None) -> Answers:
        """Answer a script within `seconds` of wall time."""
        return self.run_frame(protocol.encode(script, payload), len(script.steps), seconds=seconds)

    def run_frame(self, frame: bytes, steps: int, *, seconds: float | None = None) -> Answers:
        """Answer an encoded script of `steps` steps within `seconds` of wall time."""
        self._drain(frame)
        if id(frame) in self._answered:
            return self._answered.pop(id(frame))[1]
        return self._answer(frame, steps, seconds)

    def _drain(self, until: bytes | None = None) -> None:
        """Read the answers to what was sent ahead, up to those to a script."""
        while self._asked and self._asked[0][0] is not until:
            other, count, _ = self._asked[0]
            self._answered[id(other)] = other, self._answer(other, count, None)

    def ahead(self, frame: bytes, steps: int) -> None:
        """Send an encoded script whose answers will be wanted soon, so that the worker never waits for the judge."""
        is_known = any(asked is frame for asked, _, _ in self._asked) or id(frame) in self._answered
        if is_known or self._child is None or self._end or self._hung or self._load is None or self._load.careful:
            return
        with contextlib.suppress(ProtocolError):  # what was sent unasked is found again at the next script
            self._asked.append((frame, steps, self._send(self._child, frame)))

    def renew(self) -> bool:
        """Answer what follows in a new child, in which no function has been called yet.

        What is left in the old one goes with it. `False` where loading has taken too long already.
        """
        if self._load is None or self._end is not None:
            return False
        if self._renewals * self._loading_seconds > _RENEWAL_SECONDS:
            return False
        self._renewals += 1
        self._end_child()
        self._first = self._wanted if self._is_plain else frozenset()
        return True

    def _answer(self, frame: bytes, steps: int, seconds: float | None) -> Answers:
        limit = self._limits.after(len(self._hung), seconds)
        if self._hung and self._hung & set(_functions(frame)):
            limit = min(limit, _HUNG_SECONDS)
        if self._load is None:
            raise SandboxError("a worker was asked to run a script before it loaded a submission")
        if self._end is not None:
            return Collected(steps, 0).answers(self._end)
        first = Collected(steps, self._limits.returned_bytes)
        careful = self._load.careful
        end = self._try(frame, first, limit, patience=limit)
        last = first
        if end is not None and not careful and (first.forged or first.missing > 1) and not _continues(frame):
            # Results that were not sent yet are lost with the child, and what came may be what an earlier script left:
            # ask a new one, which sends each result at once and is asked nothing ahead.
            last = Collected(steps, self._limits.returned_bytes)
            end = end if self._try(frame, last, limit, patience=1.0 + 2 * first.longest) else None
        if isinstance(end, TimedOut) and last.missing:
            self._hung.add(_functions(frame)[-last.missing])
        return last.answers(end)

    def close(self) -> None:
        """End the child and all that it started, and remove its files; the worker cannot be used any more."""
        self._end_child()
        self._load = None
        if self._folder is not None:
            _remove(self._folder)
            self._folder = None

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None
        self._sent = 0
        self._asked.clear()
        self._answered.clear()

    def _try(self, frame: bytes, collected: Collected, limit: float, *, patience: float) -> TimedOut | Died | None:
        """Run a script once; `patience` is how long to wait for each part. Return how the child ended, if it did."""
        if self._child is not None and not self._asked and not self._child.is_waiting():
            # It ended or spoke between two scripts, for which the functions of this one are not to blame.
            self._ended(self._child, Died("sent what is not an answer"))
        if self._child is None and _continues(frame):
            return Died("the worker that held the results of earlier calls has ended")
        if self._child is None:
            self._start()
        child = self._child
        if child is None:
            return self._end or Died("the worker is gone")
        left = self._limits.total_seconds - self._spent
        deadline = time.monotonic() + max(0.0, min(limit, left))
        try:
            with self._clock():
                is_ahead = self._asked and self._asked[0][0] is frame
                collected.script = self._asked.popleft()[2] if is_ahead else self._send(child, frame)
                heard = child.heard
                while not collected.complete:
                    before = time.monotonic()
                    collected.add(*child.receive(min(deadline, before + patience), limit))
                    if child.heard - heard > protocol.MAX_REPLIES:
                        raise Ended(Died("returned too many parts of values in answer to one check; return arrays"))
                    collected.longest = max(collected.longest, time.monotonic() - before)
        except Ended as ended:
            trace = self._ended(child, ended.trace)
            if not self._is_pardoned(ended) or _continues(frame):
                return trace
            collected.begin()
            return self._try(frame, collected, limit, patience=patience)
        except ProtocolError:
            collected.forged = True
            return self._ended(child, Died("sent what is not an answer"))
        self._note_attempts(child)
        return None

    def _send(self, child: Child, frame: bytes) -> int:
        """Send a script and return its number."""
        number = self._server.number_of(frame, child)
        request = frame if number is None else protocol.encode(Known(number))
        child.send(request, waiting=bool(self._asked))
        self._sent += 1
        return self._sent

    def _is_pardoned(self, ended: Ended) -> bool:
        """Return whether a child that ended is replaced as if nothing had happened."""
        if not ended.from_outside or not self._pardons or self._end is not None:
            return False
        self._pardons -= 1
        return True

    def _note_attempts(self, child: Child) -> None:
        new = [text for text in child.attempts() if text not in self._denied]
        self._denied += new[: max(0, MAX_ATTEMPTS - len(self._denied))]

    def _ended(self, child: Child, trace: TimedOut | Died) -> TimedOut | Died:
        self._note_attempts(child)
        child.end()
        self._child = None
        self._first = frozenset()
        self._sent = 0
        self._asked.clear()
        if self._load is not None:
            self._load = msgspec.structs.replace(self._load, careful=True)
        if self._spent >= self._limits.total_seconds:
            self._end = TimedOut(self._limits.total_seconds, "total")
            return self._end
        return trace

    def _start(self) -> Loaded | TimedOut | Died:
        """Fork children until one has loaded the submission, each skipping what ended the one before."""
        deadline = time.monotonic() + self._limits.load_total_seconds
        for _ in range(_MAX_RELOADS):
            child = self._server.child()
            try:
                self._hand_over(child)
                with self._clock():
                    started = time.monotonic()
                    loaded = self._load_into(child, deadline)
                    self._loading_seconds = time.monotonic() - started
                    self._child = child
                    if self._bound is not None:
                        self._send_bind(child)
                self._note_attempts(child)
                return loaded
            except _Stuck as stuck:
                end = self._ended(child, stuck.trace)
                is_unused = stuck.from_outside and stuck.statement is None and self._end is None
                if is_unused or self._is_pardoned(stuck):  # a spare child may have died before it was asked anything
                    continue
                if stuck.statement is None or self._load is None or time.monotonic() > deadline:
                    break
                skip = {**self._load.skip, stuck.statement: _what_happened(stuck.trace)}
                self._load = msgspec.structs.replace(self._load, skip=skip)
            except BaseException:
                child.end()
                raise
        self._end = end
        return end

    def _hand_over(self, child: Child) -> None:
        """Put the data files into the working folder of a child, out of that of the one before."""
        before, self._folder = self._folder, child.folder
        if before is None:
            return
        if self._has_data:
            try:
                for name in os.listdir(before):
                    os.rename(before / name, child.folder / name)
            except OSError as error:
                raise SandboxError(f"cannot hand data files over from {str(before)!r} ({error.strerror})") from None
        _remove(before)

    def _load_into(self, child: Child, deadline: float) -> Loaded:
        if self._load is None:
            raise SandboxError("a worker has nothing to load")
        try:
            ready, _ = child.receive(time.monotonic() + _START_SECONDS, _START_SECONDS)
            if not isinstance(ready, Ready) or ready.refused:
                reason = ready.refused if isinstance(ready, Ready) else "it says nothing about its confinement"
                raise SandboxError(f"cannot confine a worker: {reason}; see `grade doctor`, or use --sandbox=weak")
            child.send(protocol.encode(msgspec.structs.replace(self._load, first=sorted(self._first))))
            self._server.order()
        except ProtocolError:
            raise _Stuck(Died("sent what is not an answer"), None) from None
        except Ended as ended:
            raise _Stuck(ended.trace, None, from_outside=ended.from_outside) from None
        return self._await_loaded(child, deadline)

    def _await_loaded(self, child: Child, deadline: float) -> Loaded:
        statement: str | None = None
        seconds = self._limits.load_seconds
        try:
            while True:
                limit = min(deadline, time.monotonic() + seconds + _GRACE)
                reply, _ = child.receive(limit, seconds)
                if isinstance(reply, Loaded):
                    return reply
                if not isinstance(reply, Running):
                    raise ProtocolError("a worker answered loading with something else")
                statement = reply.statement
        except ProtocolError:
            raise _Stuck(Died("sent what is not an answer"), statement) from None
        except Ended as ended:
            raise _Stuck(ended.trace, statement, from_outside=ended.from_outside) from None

    def _send_bind(self, child: Child) -> None:
        try:
            seconds = self._limits.load_seconds
            child.send(protocol.encode(Bind(self._bound or {})))
            reply, _ = child.receive(time.monotonic() + seconds, seconds)
            if not isinstance(reply, Bound):
                raise ProtocolError("a worker answered binding with something else")
        except ProtocolError:
            raise _Stuck(Died("sent what is not an answer"), None) from None
        except Ended as ended:
            raise _Stuck(ended.trace, None, from_outside=ended.from_outside) from None

    @contextlib.contextmanager
    def _clock(self) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            self._spent += time.monotonic() - started


class _Stuck(Ended):
    """A child timed out or ended while it ran a statement, or before or after all of them."""

    def __init__(self, trace: TimedOut | Died, statement: str | None, *, from_outside: bool = False) -> None:
        super().__init__(trace, from_outside=from_outside)
        self.statement = statement


def _remove(folder: Path) -> None:
    try:
        os.rmdir(folder)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)


def _what_happened(trace: TimedOut | Died) -> str:
    return f"took longer than {trace.seconds:g} s" if isinstance(trace, TimedOut) else trace.reason


class _Peek(msgspec.Struct, array_like=True, tag="run"):
    steps: msgspec.Raw
    continues: bool = False


_peek = msgspec.msgpack.Decoder(_Peek)


def _continues(frame: bytes) -> bool:
    """Return whether an encoded script refers to results of the one before."""
    return _peek.decode(split_frame(frame)[0]).continues


def _functions(frame: bytes) -> list[str]:
    """Return the function that each step of an encoded script calls."""
    request = protocol.decode_request(split_frame(frame)[0])
    return [step.function for step in request.steps] if isinstance(request, Run) else []


class Sandbox:
    """Owns the fork server from which each submission's worker comes; a context manager.

    The server warms up in the background: making a `Sandbox` returns at once.

    Parameters
    ----------
    limits
        What each submission may spend.
    strength
        ``"full"`` refuses to load anything unless every protection is on; ``"weak"`` uses what the system offers.
    allowed_imports
        Top-level modules that submissions may import; the others become stubs.
    without
        Names of protections to leave out, to see what each is good for; see `Protection.name`.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        strength: Literal["full", "weak"] = "full",
        allowed_imports: Sequence[str] = DEFAULT_ALLOWED,
        without: Sequence[str] = (),
    ) -> None:
        self._limits = limits or Limits()
        self._allowed = tuple(allowed_imports)
        self._root = Path(tempfile.mkdtemp(prefix="grade-"))
        self._root.chmod(0o711)
        settings = Settings(
            limits=self._limits, full=strength == "full", allowed=list(self._allowed), without=list(without),
            folder=str(self._root),
        )  # fmt: skip
        self._server = Server(settings, self._make_folder)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def worker(self, submission: Submission) -> SandboxWorker:
        """Return a worker for a submission, whose data files are staged where it can read them."""
        self._server.renew()
        folder = self._make_folder(submission.data) if submission.data else None
        return SandboxWorker(self._server, self._limits, self._allowed, folder)

    def _make_folder(self, data: Mapping[str, bytes] = MappingProxyType({})) -> Path:
        """Return a new folder that a worker may read, with some files."""
        folder = Path(tempfile.mkdtemp(dir=self._root))
        stage(data, folder, group=NOBODY if os.geteuid() == 0 else None)
        return folder

    def teach(self, frames: Iterable[bytes]) -> None:
        """Make scripts known to all workers to come: each of many submissions will be asked them."""
        self._server.teach(frames)

    def protections(self) -> list[Protection]:
        """Return what confines a worker on this system.

        Raises
        ------
        SandboxError
            If the fork server cannot be started.
        """
        return self._server.protections()

    def spare(self) -> tuple[int, Path] | None:
        """Wait until ended workers are gone; return process and empty folder of the one that waits for a submission.

        Raises
        ------
        SandboxError
            If the fork server does not work.
        """
        child = self._server.settle()
        return None if child is None else (child.pid, child.folder)

    @property
    def folder(self) -> Path:
        """Where submissions' data files are staged."""
        return self._root

    @property
    def server(self) -> int:
        """Process id of the fork server."""
        return self._server.pid

    def close(self) -> None:
        """End the fork server and every worker, and remove the staged files."""
        self._server.close()
        shutil.rmtree(self._root, ignore_errors=True)
