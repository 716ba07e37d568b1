"""What takes the place of a module that is not there while grading: it can be named, but not used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn


class Absent:
    """A module, or something of a module, that is not available; any use of it says so.

    It can stand wherever code only names it: in imports, annotations, default values, base classes, `isinstance`.
    """

    __all__ = ()
    _absent_name: str

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_absent_name", name)

    def __getattr__(self, name: str) -> Absent:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Absent(f"{self._absent_name}.{name}")

    def __setattr__(self, name: str, value: object) -> None:
        """Ignore settings such as ``plt.rcParams = …``."""

    def __setitem__(self, key: object, value: object) -> None:
        """Ignore settings such as ``plt.rcParams["figure.figsize"] = …``."""

    def __repr__(self) -> str:
        return f"<{self._absent_name}, not available while grading>"

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        return (_absent_base(self._absent_name),)

    def __instancecheck__(self, instance: object) -> bool:
        return False

    def __subclasscheck__(self, subclass: type) -> bool:
        return False

    def __or__(self, other: object) -> Absent:
        return self

    __ror__ = __or__

    def __getitem__(self, key: object) -> Absent:
        return self

    def __iter__(self) -> Iterator[object]:
        self._fail()

    def __call__(self, *_args: object, **_kwargs: object) -> NoReturn:
        """Say that this is not available."""
        self._fail()

    def __array__(self, *_args: object, **_kwargs: object) -> NoReturn:
        self._fail()

    __len__ = __bool__ = __float__ = __int__ = __index__ = __enter__ = __exit__ = __call__
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __call__
    __pow__ = __rpow__ = __matmul__ = __rmatmul__ = __neg__ = __lt__ = __gt__ = __le__ = __ge__ = __call__
    __contains__ = __call__
    __array_ufunc__ = None
    """NumPy's operators leave the work to this class, which says what is missing."""

    def _fail(self) -> NoReturn:
        raise unavailable(self._absent_name)


def unavailable(name: str) -> ModuleNotFoundError:
    """Return the error of a use of something absent."""
    return ModuleNotFoundError(f"needs {name!r}, which is not available while grading", name=name)


def _absent_base(name: str) -> type:
    def missing(self: object, attribute: str) -> NoReturn:
        raise AttributeError(f"{attribute!r} of {name!r} is not available while grading")

    return type(name.rpartition(".")[2], (), {"__getattr__": missing, "__init__": lambda self, *a, **k: None})
