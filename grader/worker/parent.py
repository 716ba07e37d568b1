"""The judge's end of each child's channel, and the means to end the child; every wait has a deadline."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time
from collections import deque
from pathlib import Path
from typing import Protocol

from grader.core import protocol
from grader.core.protocol import Died, Reply, TimedOut
from grader.errors import ProtocolError
from grader.worker import attempts
from grader.worker.limits import Limits
from grader.worker.replies import Replies

_CHUNK = 2**20
_EXIT_SECONDS = 0.2
"""How long a child whose channel is closed may take to end by itself, so that its own exit status is known."""


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


class Forked(Protocol):
    """What a child needs of the fork server."""

    @property
    def replies(self) -> Replies:
        """What all children's replies are read with."""

    def kill(self, pid: int) -> None:
        """Kill a child that has not been reaped yet; for systems without process descriptors."""

    def reap(self, pid: int) -> tuple[int, float] | None:
        """Wait for a killed child; return its wait status and processor seconds, or None where nobody knows."""

    def release(self, pid: int) -> None:
        """Kill a child, and let it be reaped when it has ended, for which nobody waits."""


class Child:
    """One confined child: its channel, and the means to end it."""

    def __init__(self, server: Forked, channel: socket.socket, notes: int, folder: Path, limits: Limits) -> None:
        channel.settimeout(0.0)
        self._server = server
        self._channel = channel
        self._notes = notes
        self._limits = limits
        self._pid = 0
        self._pidfd: int | None = None
        self._buffer = bytearray()
        self._outbox: deque[memoryview] = deque()
        self._end: Ended | None = None
        self.folder = folder
        """The child's working folder, which nothing but the submission's data will be in."""
        self.heard = 0
        """Bytes of the headers of all replies so far."""
        self.known = 0
        """Scripts that it knows by their number."""

    def started(self, pid: int, pidfd: int | None) -> None:
        """Take note of which process it is, by number and, where the system has that, by descriptor."""
        self._pid = pid
        self._pidfd = pidfd

    @property
    def pid(self) -> int:
        """Process id, 0 before it is known and after the end."""
        return self._pid

    def is_alive(self) -> bool:
        """Return whether the child still holds its end of the channel."""
        return not self._poll(0, 0.0) & (select.POLLHUP | select.POLLERR)

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
        """Kill the child and release everything, without waiting until it is gone.

        It runs no more of its own code: the kernel lets a killed process go on with nothing but its end.
        """
        if self._pid:
            pid, self._pid = self._pid, 0
            self._kill(pid)
            self._server.release(pid)
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
        self._kill(pid)
        return self._server.reap(pid)

    def _kill(self, pid: int) -> None:
        if self._pidfd is None:
            self._server.kill(pid)
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        os.close(self._pidfd)
        self._pidfd = None


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
