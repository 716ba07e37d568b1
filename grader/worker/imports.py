"""Which modules a submission may import, and what takes the place of the others."""

from __future__ import annotations

import builtins
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence

from grader.worker import shims
from grader.worker.absent import Absent

KNOWN_ELSEWHERE = frozenset(
    {
        "IPython", "PIL", "cv2", "datasets", "h5py", "ipywidgets", "imageio", "jax", "keras", "matplotlib", "nltk",
        "pandas", "requests", "scipy", "seaborn", "skimage", "sklearn", "tensorflow", "torch", "torchvision", "tqdm",
        "transformers",
    }
)  # fmt: skip
"""Packages whose modules are not meant by a file of the submission that has the same last name."""
HARNESS = frozenset({"grader", "solutions"})
"""What holds the grader's own answers: whoever imports it looks for them."""
_NEVER_SHADOWED = frozenset({"numpy", *sys.builtin_module_names})


class Provided:
    """What one submission finds in place of modules; it may change it, so another one needs another.

    It refers to a thousand objects, so a child that makes it itself copies every page that they are on.

    Attributes
    ----------
    removed
        Names that NumPy has removed: what to write instead, and what stands for them.
    numpy
        NumPy with those names.
    modules
        Modules that bridged Python 2 and 3.
    names
        The built-in names, with those of Python 2.
    """

    def __init__(self) -> None:
        self.removed = shims.removed_names()
        self.numpy = shims.numpy_for_submissions(self.removed)
        self.modules = shims.modules()
        self.names = {**vars(builtins), **shims.names()}


class Importer:
    """Answers a submission's imports: its own files, what is allowed, and stand-ins for the rest.

    Parameters
    ----------
    files
        Paths of the submission's ``.py`` files.
    allowed
        Top-level modules that may be imported.
    load
        Loads a file of the submission, or returns it as far as it is loaded.
    missing
        Is told the name of each module that is not available.
    provided
        What takes the place of modules.
    """

    def __init__(
        self,
        files: Iterable[str],
        *,
        allowed: Iterable[str],
        load: Callable[[str], types.ModuleType],
        missing: Callable[[str], None],
        provided: Provided,
    ) -> None:
        self._files = {_parts(path): path for path in files}
        self._allowed = frozenset(allowed)
        self._load = load
        self._missing = missing
        self._folders = {parts[:length] for parts in self._files for length in range(1, len(parts))}
        self._packages: dict[tuple[str, ...], types.ModuleType] = {}
        self.removed = provided.removed
        self._numpy = provided.numpy
        self._shims = provided.modules
        self.starred: list[str] = []
        """Absent modules of which everything was imported."""

    def import_(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: object = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> object:
        """Do what `builtins.__import__` does."""
        folder = _parts(str((globals or {}).get("__file__", "")))[:-1]
        parts = tuple(name.split(".")) if name else ()
        own = self._own(parts, folder, level)
        if own is not None:
            return self._own_module(own, parts, fromlist or ())
        if level:
            return self._stand_in(name or ".", fromlist)
        if name in self._shims and (name not in sys.modules or name == "past"):
            return self._shims[name.partition(".")[0] if "." in name and not fromlist else name]
        return self._other(name, fromlist or ())

    def _other(self, name: str, fromlist: Sequence[str]) -> object:
        top = name.partition(".")[0]
        if top not in self._allowed:
            self._missing(top)
            return self._stand_in(name, fromlist)
        try:
            module = builtins.__import__(name, None, None, fromlist, 0)
        except ImportError:
            self._missing(name)
            return self._stand_in(name, fromlist)
        if module.__name__ == "numpy":
            return self._numpy
        if name == "collections" and fromlist:
            return _with_abcs(module, fromlist)
        return module

    def _stand_in(self, name: str, fromlist: Sequence[str] | None) -> Absent:
        if fromlist and "*" in fromlist:
            self.starred.append(name)
        return Absent(name if fromlist else name.partition(".")[0])

    def _own(self, parts: tuple[str, ...], folder: tuple[str, ...], level: int) -> tuple[str, ...] | None:
        """Return which file or folder of the submission a module name means."""
        if level:
            base = folder[: len(folder) - level + 1]
            exact = base + parts
            if exact in self._files or exact in self._folders:
                return exact
            return self._own(parts, (), 0) if parts else None
        if parts[0] in _NEVER_SHADOWED:
            return None
        beside = folder + parts
        if beside in self._files or (beside in self._folders and len(parts) > 1):
            return beside
        if parts[0] in self._allowed:
            return None
        known = [*self._files, *self._folders]
        ends = [own for own in known if own[-len(parts) :] == parts]
        if not ends and len(parts) > 1 and parts[0] not in KNOWN_ELSEWHERE:
            ends = [own for own in self._files if own[-1] == parts[-1]]
        return min(ends, key=lambda own: (-_shared(own, folder), len(own), own), default=None)

    def _own_module(self, own: tuple[str, ...], parts: tuple[str, ...], fromlist: Sequence[str]) -> types.ModuleType:
        module = self._module(own)
        if fromlist:
            for name in fromlist:
                inner = (*own, name)
                if not hasattr(module, name) and (inner in self._files or inner in self._folders):
                    setattr(module, name, self._module(inner))
            return module
        for length in range(len(parts) - 1, 0, -1):
            package = self._package(own[: len(own) - len(parts) + length] if len(own) >= len(parts) else parts[:length])
            setattr(package, parts[length], module)
            module = package
        return module

    def _module(self, own: tuple[str, ...]) -> types.ModuleType:
        return self._load(self._files[own]) if own in self._files else self._package(own)

    def _package(self, own: tuple[str, ...]) -> types.ModuleType:
        if own in self._files:
            return self._load(self._files[own])
        return self._packages.setdefault(own, types.ModuleType(".".join(own)))


def module_name(path: str) -> str:
    """Return the dotted name of a file of the submission."""
    return ".".join(_parts(path)) or path


def _parts(path: str) -> tuple[str, ...]:
    """Return a file's path as a module's: without extension and ``__init__``."""
    parts = path.removesuffix(".py").removesuffix(".ipynb").split("/")
    return tuple(parts[:-1] if parts[-1] == "__init__" else parts)


def _shared(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    """Return how many folders two paths share from the top."""
    count = 0
    while count < min(len(first), len(second)) and first[count] == second[count]:
        count += 1
    return count


def _with_abcs(module: types.ModuleType, names: Sequence[str]) -> types.ModuleType:
    """Return `collections` with the abstract classes that Python 3.10 moved out of it."""
    from collections import abc

    moved = {name: getattr(abc, name) for name in names if not hasattr(module, name) and hasattr(abc, name)}
    return shims.facade(module, moved) if moved else module
