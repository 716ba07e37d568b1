"""What a command and all processes below it use: processor time, memory, and the moments at which it said something."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
SAMPLE_SECONDS = 0.2
ROLES = {"grader.engines.judging": "judge", "grader.worker.zygote": "worker"}
"""What stands in the command line of a process, and what it is."""


@dataclass
class Sample:
    """All processes of a command at one moment.

    Attributes
    ----------
    cpu
        Seconds that the processes of a role have used so far, those that have ended included.
    memory
        Resident megabytes of the largest process of a role.
    """

    at: float
    cpu: dict[str, float]
    memory: dict[str, float]


@dataclass
class Measured:
    """What a command used.

    Attributes
    ----------
    cpu
        Seconds of user and system time of the command and of all that was below it, as the kernel summed them up.
    said
        The lines on standard error, with the seconds after which they came.
    """

    wall: float
    cpu: float
    code: int
    samples: list[Sample] = field(default_factory=list)
    said: list[tuple[float, str]] = field(default_factory=list)

    def peak(self, role: str, *, since: float = 0.0, until: float = float("inf")) -> float:
        """Return the largest resident memory of a process of a role, in megabytes."""
        return max((s.memory.get(role, 0.0) for s in self.samples if since <= s.at <= until), default=0.0)

    def when(self, text: str) -> float:
        """Return after how many seconds something was said, or the command ended."""
        return next((at for at, line in self.said if text in line), self.wall)

    def cpu_between(self, since: float, until: float) -> float:
        """Return the processor seconds that were used between two moments."""
        totals = [(s.at, sum(s.cpu.values())) for s in self.samples]
        before, after = ([total for at, total in totals if at <= moment] for moment in (since, until))
        return max(after, default=0.0) - max(before, default=0.0)

    def cpu_of(self, role: str) -> float:
        """Return the processor seconds of a role, as seen while the judges were there."""
        return max((s.cpu.get(role, 0.0) for s in self.samples if "worker" in s.memory), default=0.0)


class Watched:
    """A command that runs, and is looked at now and then."""

    def __init__(self, command: Sequence[str], environment: dict[str, str]) -> None:
        self.began = time.perf_counter()
        self._process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self._over = threading.Event()
        self.measured = Measured(0.0, 0.0, 0)
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._listen, self._sample)]
        for thread in self._threads:
            thread.start()

    def kill(self) -> None:
        """End the command at once, as a power cut would."""
        self._process.kill()

    def wait(self) -> Measured:
        """Wait for the end, and return what was used."""
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        one = self.measured
        one.wall, one.cpu = time.perf_counter() - self.began, usage.ru_utime + usage.ru_stime
        one.code = self._process.returncode
        self._over.set()
        for thread in self._threads:
            thread.join()
        return one

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.measured.said.append((time.perf_counter() - self.began, line.decode("utf-8", "replace").rstrip()))

    def _sample(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            self.measured.samples.append(_sample(self._process.pid, time.perf_counter() - self.began))


def run(command: Sequence[str], environment: dict[str, str]) -> Measured:
    """Run a command to its end, and return what it used."""
    return Watched(command, environment).wait()


def _sample(root: int, at: float) -> Sample:
    cpu: dict[str, float] = {}
    memory: dict[str, float] = {}
    for pid, own, ended in _tree(root):
        with contextlib.suppress(OSError, StopIteration):  # it has ended meanwhile
            role = "parent" if pid == root else _role(pid)
            cpu[role] = cpu.get(role, 0.0) + own / TICKS
            below = {"parent": "ended"}.get(role, "worker")
            cpu[below] = cpu.get(below, 0.0) + ended / TICKS
            memory[role] = max(memory.get(role, 0.0), _resident(pid))
    return Sample(at, cpu, memory)


def _tree(root: int) -> Iterator[tuple[int, int, int]]:
    """Yield the processes of a tree, each with the ticks that it and its ended children used."""
    parents, ticks = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)], ticks[int(entry.name)] = int(fields[1]), [int(one) for one in fields[11:15]]
    for pid in parents:
        above = pid
        while above not in (root, 0):
            above = parents.get(above, 0)
        if above == root:
            yield pid, sum(ticks[pid][:2]), sum(ticks[pid][2:])


def _role(pid: int) -> str:
    line = Path(f"/proc/{pid}/cmdline").read_text()
    return next((role for mark, role in ROLES.items() if mark in line), "other")


def _resident(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmRSS"))
