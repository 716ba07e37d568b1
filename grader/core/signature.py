"""Signatures: names, shapes and results of a function, written once and read by everything else.

``"batchnorm_forward: x(n,d), gamma(d), eps -> y(n,d), cache"`` — terms are separated by commas, ``->`` separates
arguments from results. ``x(n,d)`` is a float64 array with named sizes, ``y(n):int`` an integer array, ``x(...)``
has any shape, ``y(...,2d)`` any leading sizes and a last one of twice ``d``; a bare name is a scalar, ``alpha=0.01``
a scalar with a default; ``cache``, ``state`` and ``rng`` are opaque. A result is written in the same form.

Three more forms are reserved for interfaces of other courses and are refused by name today: ``params{w(d), b}``
(a dictionary of parameters), ``w!(d)`` (updated in place) and ``Class.method: …`` (an object's method).
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from grader.errors import SignatureError

Shape = tuple[int, ...]
Sizes = Mapping[str, "int | Shape"]
"""Named sizes; the key ``"..."`` holds the leading sizes of a signature with dots."""

OPAQUE = frozenset({"cache", "state"})
"""Names of objects that belong to the student and never leave the worker."""

RESERVED = {
    "{": "a dictionary of parameters",
    "!": "an argument updated in place",
    ".": "a method of an object",
}

_TERM = re.compile(
    r"(?P<name>[A-Za-z_]\w*)\s*(?:\((?P<dims>.*)\))?\s*(?::\s*(?P<dtype>\w+))?\s*(?:=\s*(?P<default>[-+.\w]+))?",
    re.DOTALL,
)
_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}


class Kind(Enum):
    """What a term stands for."""

    ARRAY = "array"
    SCALAR = "scalar"
    OPAQUE = "opaque"
    RNG = "rng"


@dataclass(frozen=True, slots=True)
class Dim:
    """One size of a shape: a name, a number, or an integer expression such as ``(h-1)*stride-2*pad+p``."""

    text: str
    tree: ast.expr = field(repr=False, compare=False)
    names: frozenset[str] = field(init=False, repr=False, compare=False)
    """The sizes and scalars that the expression reads."""

    def __post_init__(self) -> None:
        names = frozenset(node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name))
        object.__setattr__(self, "names", names)

    def evaluate(self, sizes: Mapping[str, object]) -> int:
        """Return the size in whole elements.

        Raises
        ------
        SignatureError
            If a name of the expression has no value in `sizes`.
        """
        return _evaluate(self.tree, sizes, self.text)


@dataclass(frozen=True, slots=True)
class Term:
    """An argument or a result.

    Attributes
    ----------
    dims
        The named sizes; `None` for what is not an array.
    dots
        Whether any number of sizes may come before `dims`.
    dtype
        ``"float"`` or ``"int"``.
    default
        The default of a scalar argument, `None` where it has none.
    """

    name: str
    kind: Kind
    dims: tuple[Dim, ...] | None = None
    dots: bool = False
    dtype: str = "float"
    default: float | None = None

    def shape(self, sizes: Sizes) -> Shape:
        """Return the shape under some sizes; a scalar's is ``()``."""
        if self.dims is None:
            return ()
        lead = sizes["..."] if self.dots else ()
        if not isinstance(lead, tuple):
            raise SignatureError(f"the sizes of '...' = {lead!r}, but should be a tuple")
        return (*lead, *(dim.evaluate(sizes) for dim in self.dims))

    def __str__(self) -> str:
        text = self.name
        if self.dims is not None:
            text += f"({','.join((['...'] if self.dots else []) + [dim.text for dim in self.dims])})"
        if self.dtype != "float":
            text += f":{self.dtype}"
        return text if self.default is None else f"{text}={self.default_text}"

    @property
    def default_text(self) -> str:
        """The default as Python source that gives exactly this number back; empty where there is none."""
        if self.default is None:
            return ""
        return str(int(self.default)) if self.default.is_integer() and abs(self.default) < 1e6 else repr(self.default)


@dataclass(frozen=True, slots=True)
class Signature:
    """A function's name, arguments and results."""

    name: str
    arguments: tuple[Term, ...]
    results: tuple[Term, ...]

    @property
    def size_names(self) -> tuple[str, ...]:
        """The named sizes of the arguments, in order of appearance; scalars that they read are not sizes."""
        scalars = {term.name for term in self.arguments if term.kind is Kind.SCALAR}
        names: dict[str, None] = {}
        for term in self.arguments:
            for dim in term.dims or ():
                names.update(dict.fromkeys(sorted(dim.names - scalars, key=dim.text.find)))
        return tuple(names)

    @property
    def has_dots(self) -> bool:
        """Whether any argument takes any number of leading sizes."""
        return any(term.dots for term in self.arguments)

    @property
    def keep(self) -> list[int]:
        """The positions of opaque results, which stay in the worker."""
        return [i for i, term in enumerate(self.results) if term.kind is Kind.OPAQUE]

    def argument(self, name: str) -> Term:
        """Return the argument of that name.

        Raises
        ------
        SignatureError
            If there is none.
        """
        for term in self.arguments:
            if term.name == name:
                return term
        raise SignatureError(
            f"{self.name} has no argument {name!r}; it has {', '.join(term.name for term in self.arguments)}"
        )

    def bind(self, values: Mapping[str, object]) -> dict[str, int | Shape]:
        """Return the sizes that follow from argument values (arrays by name); scalars are included as sizes.

        Raises
        ------
        SignatureError
            If two arguments disagree about a size, or an array has the wrong number of dimensions.
        """
        sizes: dict[str, int | Shape] = {
            name: value for name, value in values.items() if isinstance(value, int) and not isinstance(value, bool)
        }
        for term in self.arguments:
            value = values.get(term.name)
            if term.dims is None or value is None:
                continue
            shape: Shape = tuple(value.shape)  # type: ignore[attr-defined]
            _bind_term(term, shape, sizes, self.name)
        return sizes

    def __str__(self) -> str:
        arguments = ", ".join(map(str, self.arguments))
        return f"{self.name}: {arguments} -> {', '.join(map(str, self.results))}"


def _bind_term(term: Term, shape: Shape, sizes: dict[str, int | Shape], function: str) -> None:
    dims = term.dims or ()
    lead = len(shape) - len(dims)
    if lead < 0 or (lead > 0 and not term.dots):
        raise SignatureError(f"{term.name}.shape={shape}, but {function} takes {term}")
    if term.dots:
        known = sizes.setdefault("...", shape[:lead])
        if known != shape[:lead]:
            raise SignatureError(f"{term.name}.shape={shape}, but its leading sizes should be {known} in {function}")
    for dim, side in zip(dims, shape[lead:], strict=True):
        if isinstance(dim.tree, ast.Name) and dim.text not in sizes:
            sizes[dim.text] = side
        elif dim.names <= sizes.keys() and dim.evaluate(sizes) != side:
            raise SignatureError(
                f"{term.name}.shape={shape}, but {dim.text} should be {dim.evaluate(sizes)} in {function}"
            )


def parse_signature(text: str) -> Signature:
    """Read a signature such as ``"relu: x(...) -> y(...)"``.

    Raises
    ------
    SignatureError
        If it cannot be read; the message names the part and how to write it.
    """
    if not isinstance(text, str):
        raise SignatureError(f"signature {text!r} should be a text, such as 'relu: x(n) -> y(n)'")
    name, colon, rest = text.partition(":")
    name = name.strip()
    if not colon or "->" not in rest:
        raise SignatureError(f"cannot read signature {text!r}; write it like 'name: x(n,d) -> y(n,d)'")
    if "." in name:
        raise SignatureError(f"cannot read {name!r}: {RESERVED['.']} is a reserved form, not supported yet")
    if not name.isidentifier():
        raise SignatureError(f"cannot read {name!r} as a function's name in {text!r}; write a Python identifier")
    left, _, right = rest.partition("->")
    arguments = tuple(_parse_term(part, text) for part in _split(left, text))
    results = tuple(_parse_term(part, text) for part in _split(right, text))
    if not results:
        raise SignatureError(f"signature {text!r} has no result; write one after '->'")
    _check_names(arguments, results, text)
    return Signature(name, arguments, results)


def _check_names(arguments: tuple[Term, ...], results: tuple[Term, ...], text: str) -> None:
    for terms, what in ((arguments, "arguments"), (results, "results")):
        names = [term.name for term in terms]
        for name in names:
            if names.count(name) > 1:
                raise SignatureError(f"two {what} are named {name!r} in signature {text!r}; give each its own name")
    readable = {term.name for term in arguments if term.kind is Kind.SCALAR}
    for term in arguments:
        for dim in term.dims or ():
            readable |= dim.names
    caches = any(term.kind is Kind.OPAQUE for term in arguments)
    for term in results:
        for dim in term.dims or ():
            unknown = dim.names - readable
            if unknown and not caches:
                raise SignatureError(
                    f"size {min(unknown)!r} of {term} in signature {text!r} is not a size of any argument"
                )
        if term.dots and not caches and not any(other.dots for other in arguments):
            raise SignatureError(f"'...' of {term} in signature {text!r} is not a size of any argument")
    default_seen = False
    for term in arguments:
        if default_seen and term.default is None:
            raise SignatureError(f"{term.name!r} without a default follows a default in signature {text!r}")
        default_seen = default_seen or term.default is not None


def _split(text: str, signature: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for i, char in enumerate(text):
        depth += (char in "({") - (char in ")}")
        if depth < 0:
            raise SignatureError(f"an unmatched bracket in signature {signature!r}")
        if char == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    if depth:
        raise SignatureError(f"an unmatched bracket in signature {signature!r}")
    if text.strip():
        parts.append(text[start:])
    return [part.strip() for part in parts]


def _parse_term(text: str, signature: str) -> Term:
    match = _TERM.fullmatch(text)
    if match is None:
        for mark in "{!":
            if mark in text:
                raise SignatureError(f"cannot read {text!r}: {RESERVED[mark]} is a reserved form, not supported yet")
        raise SignatureError(f"cannot read {text!r} in signature {signature!r}; write terms like 'x(n,d)'")
    name, dims_text, dtype, default = match.group("name", "dims", "dtype", "default")
    if dtype not in (None, "int", "float"):
        raise SignatureError(f"cannot read type {dtype!r} of {name!r} in {signature!r}; write ':int' or nothing")
    if dims_text is None:
        return _bare_term(name, dtype, default, text, signature)
    if default is not None:
        raise SignatureError(f"array {name!r} has a default in signature {signature!r}; only scalars may")
    parts = _split(dims_text, signature)
    dots = bool(parts) and parts[0] == "..."
    dims = tuple(_parse_dim(part, text, signature) for part in parts[dots:])
    return Term(name, Kind.ARRAY, dims, dots=dots, dtype=dtype or "float")


def _bare_term(name: str, dtype: str | None, default: str | None, text: str, signature: str) -> Term:
    if name in OPAQUE or name == "rng":
        if default or dtype:
            raise SignatureError(f"cannot read {text!r} in signature {signature!r}; {name!r} has no type or default")
        return Term(name, Kind.RNG if name == "rng" else Kind.OPAQUE)
    try:
        value = None if default is None else float(default)
    except ValueError:
        value = math.nan
    if value is not None and not math.isfinite(value):
        raise SignatureError(f"cannot read the default of {text!r} in signature {signature!r}; write a number")
    return Term(name, Kind.SCALAR, dtype=dtype or "float", default=value)


def _parse_dim(text: str, term: str, signature: str) -> Dim:
    source = re.sub(r"(?<!\w)(\d+)\s*([A-Za-z_(])", r"\1*\2", text.strip())
    try:
        tree = ast.parse(source, mode="eval").body
        _check_expression(tree)
    except (SyntaxError, ValueError):
        raise SignatureError(
            f"cannot read size {text!r} of {term!r} in signature {signature!r};"
            f" write names, numbers, + - * // or '...' first"
        ) from None
    return Dim(text.strip(), tree)


def _check_expression(tree: ast.expr) -> None:
    if isinstance(tree, ast.BinOp) and type(tree.op) in _OPERATORS:
        _check_expression(tree.left)
        _check_expression(tree.right)
    elif not (isinstance(tree, ast.Name) or (isinstance(tree, ast.Constant) and type(tree.value) is int)):
        raise ValueError("not an integer expression")


def _evaluate(tree: ast.expr, sizes: Mapping[str, object], text: str) -> int:
    if isinstance(tree, ast.Constant):
        return int(tree.value)  # type: ignore[arg-type]
    if isinstance(tree, ast.Name):
        value = sizes.get(tree.id)
        if not isinstance(value, int):
            raise SignatureError(f"size {tree.id!r} of {text!r} has no value")
        return value
    if not isinstance(tree, ast.BinOp):
        raise SignatureError(f"cannot evaluate size {text!r}")
    left, right = _evaluate(tree.left, sizes, text), _evaluate(tree.right, sizes, text)
    if isinstance(tree.op, ast.FloorDiv) and right == 0:
        raise SignatureError(f"size {text!r} divides by zero")
    return _OPERATORS[type(tree.op)](left, right)
