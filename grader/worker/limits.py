"""What a worker may spend, and how a child holds itself to it."""

from __future__ import annotations

import contextlib
import resource
import sys

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one submission may spend.

    Attributes
    ----------
    load_seconds
        Wall time of one top-level statement, in seconds.
    load_total_seconds
        Wall time of loading all files, in seconds, retries included.
    call_seconds
        Wall time of one script, in seconds, unless the caller says otherwise.
    patience
        Factor by which each function that runs out of time shortens the time of later scripts, though not below one
        second: ten endless loops then cost about half a minute.
    total_seconds
        Wall time of a whole submission, in seconds; after that every call times out.
    cpu_seconds
        Processor time of one child, in seconds.
    memory
        Address space above what the fork server itself uses, in bytes.
    returned_bytes
        What one script may return, in bytes.
    open_files
        Open file descriptors.
    """

    load_seconds: float = 5.0
    load_total_seconds: float = 30.0
    call_seconds: float = 10.0
    patience: float = 0.6
    total_seconds: float = 120.0
    cpu_seconds: int = 120
    memory: int = 2**30
    returned_bytes: int = 512 * 2**20
    open_files: int = 64

    def after(self, hung: int, seconds: float | None) -> float:
        """Return the wall time of a script once so many functions have hung, in seconds; `seconds` is at the start."""
        wanted = self.call_seconds if seconds is None else seconds
        return max(wanted * self.patience**hung, min(wanted, 1.0))


def address_space() -> int:
    """Return the bytes of address space that this process uses now; 0 where the system does not tell."""
    with contextlib.suppress(OSError, ValueError), open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()
    return 0


def apply(limits: Limits, *, base: int) -> None:
    """Hold this process to the limits; `base` is the address space that it inherits, in bytes."""
    _lower(resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, limits.open_files)
    if sys.platform == "linux":
        _lower(resource.RLIMIT_AS, base + limits.memory)
        _lower(resource.RLIMIT_NPROC, 0)
        _lower(resource.RLIMIT_MEMLOCK, 0)
        _lower(resource.RLIMIT_MSGQUEUE, 0)


def _lower(kind: int, soft: int, hard: int | None = None) -> None:
    most = resource.getrlimit(kind)[1]
    hard = soft if hard is None else hard
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    resource.setrlimit(kind, (soft, hard))
