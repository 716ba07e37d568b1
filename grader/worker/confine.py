"""Confines a child for good: Landlock for files, seccomp for system calls, an unprivileged user, no way back."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import site
import struct
import sys
import sysconfig
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from grader.worker import syscalls

if TYPE_CHECKING:
    import landlockpy

NOBODY = 65534
"""The user and group that a child of root becomes."""

LOW_DESCRIPTORS = 16
"""Descriptors below this one have a fixed meaning in a child."""

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_PR_CAPBSET_READ, _PR_CAPBSET_DROP, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 23, 24, 47, 4
_CAPABILITY_VERSION_3 = 0x20080522
_SECCOMP_MODE_FILTER = 2
_FIONCLEX, _FIOCLEX, _TCGETS = 0x5450, 0x5451, 0x5401
_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
"""System calls, of the same number on every architecture."""
_LANDLOCK_RULE_PATH_BENEATH = 1
_F_SETFD_AND_BELOW = 4
"""fcntl commands up to F_SETFL; locks, leases, owners and pipe sizes have larger numbers."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


class Protection(msgspec.Struct, frozen=True):
    """One protection: whether it is on, and what it does or why it is off."""

    name: str
    on: bool
    why: str


class FileRules(msgspec.Struct, frozen=True, kw_only=True):
    """Landlock rules, as far as they can be made before there is a child.

    The shared ones name hundreds of paths, and to make them takes longer than a fork; the own ones of each child leave
    out its neighbours. It may read what both allow.

    Attributes
    ----------
    shared
        Rules that allow the readable paths and every submission's data, the same for all children.
    ruleset
        What the kernel makes a child's own rules from, a ``struct landlock_ruleset_attr``.
    roots
        Rules that allow the few folders that hold all readable paths, each a ``struct landlock_path_beneath_attr``.
    reading
        The rights to read files and folders.
    """

    shared: landlockpy.Ruleset
    ruleset: bytes
    roots: list[bytes]
    reading: int


class Confinement(msgspec.Struct, frozen=True, kw_only=True):
    """What the fork server has prepared so that confining a child takes no time.

    Attributes
    ----------
    full
        Whether `enter` must fail where a protection is missing.
    without
        Names of protections that are left out on purpose.
    libc
        The C library; `None` where there are no system calls to make by name.
    program
        The seccomp filter as BPF instructions; `None` where the kernel or libseccomp offers none.
    readable
        Paths below which a child may read.
    files
        Landlock rules; `None` where the kernel has no Landlock.
    """

    full: bool
    without: frozenset[str]
    libc: ctypes.CDLL | None
    program: _Program | None
    readable: list[str]
    files: FileRules | None
    protections: list[Protection]

    @property
    def missing(self) -> list[str]:
        """Names of the protections that are off."""
        return [protection.name for protection in self.protections if not protection.on]


class ConfinementError(Exception):
    """A child cannot be confined as strictly as it should be."""


def prepare(allowed: Sequence[str], *, full: bool, data: str, without: Sequence[str] = ()) -> Confinement:
    """Look at what this system offers and prepare it; this process gives up its capability bounding set.

    Parameters
    ----------
    allowed
        Packages that a child may read.
    full
        Whether a child must refuse to go on where a protection is missing.
    data
        The folder below which every submission has a folder of its data.
    without
        Names of protections that are left out on purpose.
    """
    landlock, landlock_why = (0, "left out") if "files" in without else _landlock()
    program, program_why = (b"", "left out") if "system calls" in without else _program()
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    always = {
        "limits": "processor time, memory, file size, open files and processes have limits",
        "unprivileged user": f"workers give up root and run as user {NOBODY}" if root else "workers run as you",
        "capabilities": "workers have none" if sys.platform == "linux" else "only Linux has them",
        "descriptors": "workers inherit no open file or socket",
        "environment": "workers inherit no environment variable",
    }
    protections = [
        Protection("files", landlock > 0, landlock_why),
        Protection("system calls", bool(program), program_why),
        *(
            Protection(name, name not in without, "left out" if name in without else why)
            for name, why in always.items()
        ),
    ]
    packages = _packages(allowed)
    readable = _outermost([*_standard_library(), *packages])
    roots = _outermost([*_library_folders(), *packages])
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    if libc is not None and "capabilities" not in without:
        _drop_bounding_set(libc)
    return Confinement(
        full=full, without=frozenset(without), libc=libc, readable=readable, protections=protections,
        program=_Program(len(program) // 8, program) if program else None,
        files=_above(LOW_DESCRIPTORS, lambda: _file_rules((*readable, data), roots)) if landlock else None,
    )  # fmt: skip


def enter(confinement: Confinement, *, folder: int, server: int) -> None:
    """Confine this process for good.

    Parameters
    ----------
    folder
        Descriptor of the folder of data that the submission may read; becomes the working folder.
    server
        Process id of the fork server, whose death ends this process.

    Raises
    ------
    ConfinementError
        If a protection is missing although full confinement is asked for.
    """
    if confinement.full and confinement.missing:
        raise ConfinementError(f"this system does not offer: {', '.join(confinement.missing)}")
    os.fchdir(folder)
    libc = confinement.libc
    if libc is None:
        if "unprivileged user" not in confinement.without:
            _drop_root()
        return
    _prctl(libc, _PR_SET_NO_NEW_PRIVS, 1)
    if confinement.files is not None:
        _restrict_files(libc, confinement.files, folder)
    if "unprivileged user" not in confinement.without:
        _drop_root()
    if "capabilities" not in confinement.without:
        _drop_capabilities(libc)
    _prctl(libc, _PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server:
        signal.raise_signal(signal.SIGKILL)  # the fork server died before its death could end this process
    _prctl(libc, _PR_SET_DUMPABLE, 0)
    if confinement.program is not None:
        _install(libc, confinement.program)


def _drop_root() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


def _drop_bounding_set(libc: ctypes.CDLL) -> None:
    """Give up for good what a capability could come back from; only who has the right to needs to."""
    capability = 0
    while libc.prctl(_PR_CAPBSET_READ, capability, 0, 0, 0) >= 0:
        if libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0):
            return
        capability += 1


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Give up every capability that this process has, whoever it runs as."""
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    if libc.capset(ctypes.byref(header), (ctypes.c_uint32 * 6)()):
        raise ConfinementError(f"cannot give up capabilities: {os.strerror(ctypes.get_errno())}")


def _restrict_files(libc: ctypes.CDLL, rules: FileRules, folder: int) -> None:
    """Allow what both the shared rules and this child's own allow: the readable paths and its folder.

    The calls stand here as they are: through classes and flags they touch two hundred more pages of a fresh process.
    """
    ruleset = _landlock_call(libc, _LANDLOCK_CREATE_RULESET, rules.ruleset, len(rules.ruleset))
    for rule in (*rules.roots, _rule(rules.reading, folder)):
        _landlock_call(libc, _LANDLOCK_ADD_RULE, ruleset, _LANDLOCK_RULE_PATH_BENEATH, rule)
    for descriptor in (rules.shared.fileno(), ruleset):
        _landlock_call(libc, _LANDLOCK_RESTRICT_SELF, descriptor)
        os.close(descriptor)


def _landlock_call(libc: ctypes.CDLL, number: int, first: int | bytes, *rest: int | bytes) -> int:
    result: int = libc.syscall(number, first, *rest, 0)
    if result < 0:
        raise ConfinementError(f"cannot restrict which files are read: {os.strerror(ctypes.get_errno())}")
    return result


def _rule(rights: int, descriptor: int) -> bytes:
    return struct.pack("=Qi", rights, descriptor)


def _above(count: int, make: Callable[[], FileRules]) -> FileRules:
    """Return what is made, on a descriptor above those that a child gives new meanings."""
    spare = [os.open(os.devnull, os.O_RDONLY)]
    try:
        while spare[-1] < count:
            spare.append(os.open(os.devnull, os.O_RDONLY))
        return make()
    finally:
        for descriptor in spare:
            os.close(descriptor)


def _file_rules(readable: Sequence[str], roots: Sequence[str]) -> FileRules:
    """Return rules that allow reading some folders and files and nothing else."""
    import landlockpy

    reading = landlockpy.AccessFS.READ_FILE | landlockpy.AccessFS.READ_DIR
    scopes = landlockpy.Scope.SIGNAL | landlockpy.Scope.ABSTRACT_UNIX_SOCKET
    shared = landlockpy.Ruleset(scoped=scopes)
    for path in readable:
        shared.allow_path(path, reading if os.path.isdir(path) else landlockpy.AccessFS.READ_FILE)
    return FileRules(
        shared=shared,
        ruleset=struct.pack("=QQQ", shared.handled_fs, shared.handled_net, shared.scoped),
        roots=[_rule(reading, os.open(root, os.O_PATH | os.O_CLOEXEC)) for root in roots],
        reading=int(reading),
    )


def _landlock() -> tuple[int, str]:
    if sys.platform != "linux":
        return 0, "only Linux has Landlock"
    try:
        import landlockpy

        version = landlockpy.abi_version()
    except (ImportError, OSError) as error:
        return 0, f"Landlock cannot be used: {error}"
    if not version:
        return 0, "the kernel has no Landlock; Linux 5.13 or later does, where it is enabled"
    return version, f"workers read only Python, NumPy and their own folder, and write nothing (Landlock ABI {version})"


def _library_folders() -> list[Path]:
    folders = {Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("platstdlib"))}
    return [folder for folder in sorted(folders) if folder.is_dir()]


def _standard_library() -> list[Path]:
    """Return the paths of the standard library without the site-packages among them."""
    sites = {Path(path).name for path in site.getsitepackages()} | {"site-packages", "dist-packages"}
    paths: list[Path] = []
    for folder in _library_folders():
        if any((folder / name).is_dir() for name in sites):
            paths.extend(entry for entry in sorted(folder.iterdir()) if entry.name not in sites)
        else:
            paths.append(folder)
    return paths


def _packages(allowed: Sequence[str]) -> list[Path]:
    """Return the folders of NumPy and of the allowed packages."""
    paths: list[Path] = []
    for name in ("numpy", *allowed):
        module = sys.modules.get(name)
        spec = getattr(module, "__spec__", None) or _find_spec(name)
        for location in getattr(spec, "submodule_search_locations", None) or ():
            path = Path(location)
            paths.extend(candidate for candidate in (path, path.with_name(f"{name}.libs")) if candidate.is_dir())
    return paths


def _outermost(paths: Sequence[Path]) -> list[str]:
    """Return each path once, without those below another."""
    kept = dict.fromkeys(str(path) for path in paths)
    return [path for path in kept if not any(path.startswith(f"{other}/") for other in kept)]


def _find_spec(name: str) -> object:
    import importlib.util

    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None


def _program() -> tuple[bytes, str]:
    """Return the seccomp filter, and what it does or why there is none."""
    if sys.platform != "linux":
        return b"", "only Linux has seccomp"
    try:
        import pyseccomp
    except (ImportError, OSError, RuntimeError) as error:
        return b"", f"libseccomp cannot be used: {error}"
    try:
        return _compile(pyseccomp), "no network, no new process or thread, no signals, no tracing, no kernel interfaces"
    except OSError as error:
        return b"", f"libseccomp cannot build the filter: {error}"


def _compile(pyseccomp: types.ModuleType) -> bytes:
    """Return the filter as BPF: named calls are allowed or refused, others unknown, foreign ones end the child."""
    filt = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.ENOSYS))
    filt.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)
    refuse = pyseccomp.ERRNO(errno.EPERM)
    for names, action in ((syscalls.ALLOWED, pyseccomp.ALLOW), (syscalls.DENIED, refuse)):
        for name in names:
            if pyseccomp.resolve_syscall(pyseccomp.system_arch(), name) >= 0:
                filt.add_rule(action, name)
    for request in (_FIOCLEX, _FIONCLEX, _TCGETS):
        filt.add_rule(pyseccomp.ALLOW, "ioctl", pyseccomp.Arg(1, pyseccomp.EQ, request))
    filt.add_rule(pyseccomp.ALLOW, "fcntl", pyseccomp.Arg(1, pyseccomp.LE, _F_SETFD_AND_BELOW))
    filt.add_rule(pyseccomp.ALLOW, "fcntl", pyseccomp.Arg(1, pyseccomp.EQ, 1030))
    filt.add_rule(pyseccomp.ALLOW, "prlimit64", pyseccomp.Arg(0, pyseccomp.EQ, 0), pyseccomp.Arg(2, pyseccomp.EQ, 0))
    with open(os.memfd_create("filter"), "w+b") as file:
        filt.export_bpf(file)
        file.seek(0)
        return file.read()


def _install(libc: ctypes.CDLL, program: _Program) -> None:
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0):
        raise ConfinementError(f"cannot install the system call filter: {os.strerror(ctypes.get_errno())}")


def _prctl(libc: ctypes.CDLL, option: int, value: int) -> None:
    if libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)):
        raise ConfinementError(f"cannot set process option {option}: {os.strerror(ctypes.get_errno())}")
