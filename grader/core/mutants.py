"""Small changes of a kernel's source, each of which a check should notice.

cosmic-ray 8.7 and mutmut 3.8 are well kept, but know nothing of axes, terms, factors, statements, sibling functions or
arguments in the wrong order, which is where NumPy code goes wrong, and bring a database or a screen with them; hence
operators on the standard library's `ast`.
"""

from __future__ import annotations

import ast
import copy
import warnings
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from operator import setitem
from typing import TypeVar

from grader.errors import AuthoringError

NUDGE = 1.001
"""A constant that is off by so little is still another constant."""
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_BITWISE = (ast.BitAnd, ast.BitOr, ast.BitXor, ast.Mult)
_IN_PLACE: dict[type[ast.operator], str] = {
    ast.Add: "__iadd__", ast.Sub: "__isub__", ast.Mult: "__imul__", ast.Div: "__itruediv__", ast.Pow: "__ipow__",
}  # fmt: skip
"""Methods that write the result into the left operand, by which a parameter is changed for the caller, too."""
_SYMMETRIC = ("maximum", "minimum", "logaddexp")
_COMMUTATIVE = (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr, ast.BitXor)
_ORDER: tuple[type[ast.cmpop], ...] = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_OPPOSITE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
_SIBLINGS = (
    ("max", "min"), ("amax", "amin"), ("maximum", "minimum"), ("argmax", "argmin"), ("sum", "mean", "prod"),
    ("nansum", "nanmean"), ("var", "std"), ("exp", "expm1", "exp2"), ("log", "log1p", "log2", "log10"),
    ("sqrt", "square", "cbrt"), ("zeros", "ones"), ("zeros_like", "ones_like"), ("floor", "ceil", "rint"),
    ("tanh", "sinh", "sin", "arctan"), ("sign", "abs"), ("any", "all"), ("logaddexp", "logaddexp2", "maximum"),
    ("concatenate", "stack"), ("hstack", "vstack"), ("cumsum", "cumprod"), ("random", "standard_normal"),
    ("uniform", "normal"), ("range", "reversed"),
)  # fmt: skip

_Node = TypeVar("_Node", bound=ast.AST)

Place = Callable[[ast.AST], None]
"""Puts a node where another one stood."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A top-level definition of a source with one change in it.

    Attributes
    ----------
    definition
        The name that it defines.
    line
        Where the change is, in the source's lines.
    code
        The definition as `ast.unparse` writes it, with the change.
    """

    definition: str
    line: int
    code: str


class MutableSource:
    """A source whose top-level definitions can be replaced one at a time.

    Parameters
    ----------
    text
        Of a module.
    """

    def __init__(self, text: str) -> None:
        self._tree = ast.parse(text)
        self._texts = {id(node): ast.unparse(node) for node in self._tree.body}
        self.codes = {name: self._texts[id(node)] for name, node in definitions(self._tree).items()}
        """Each definition as `ast.unparse` writes it."""

    def used_by(self, names: Iterable[str]) -> set[str]:
        """Return some definitions' names with those of all others that they use, directly or not."""
        nodes = definitions(self._tree)
        used: set[str] = set()
        waiting = [name for name in names if name in nodes]
        while waiting:
            name = waiting.pop()
            if name not in used:
                used.add(name)
                waiting += [n.id for n in ast.walk(nodes[name]) if isinstance(n, ast.Name) and n.id in nodes]
        return used

    def mutants(self, names: Container[str]) -> list[Mutant]:
        """Return all changes of some definitions, by line; of changes that read the same, the first."""
        found: dict[tuple[str, str], Mutant] = {}
        for name, node in definitions(self._tree).items():
            for mutant in _mutants(name, node) if name in names else ():
                if mutant.code != self.codes[name]:
                    found.setdefault((name, mutant.code), mutant)
        return sorted(found.values(), key=lambda mutant: mutant.line)

    def replaced(self, mutant: Mutant) -> str:
        """Return the whole source with a change in it."""
        own = definitions(self._tree)[mutant.definition]
        return "\n".join(mutant.code if node is own else self._texts[id(node)] for node in self._tree.body)

    def difference(self, other: str) -> tuple[str, str]:
        """Return which definition differs in another text of the module, and how it reads there.

        Raises
        ------
        AuthoringError
            If none differs, or several do.
        """
        codes = MutableSource(other).codes
        changed = [name for name, code in codes.items() if self.codes.get(name) != code]
        if len(changed) != 1:
            raise AuthoringError(f"it changes {', '.join(changed) or 'no definition'}, but should change one")
        return changed[0], codes[changed[0]]


def definitions(tree: ast.Module) -> dict[str, ast.stmt]:
    """Return the top-level functions, classes and constants of a module by name."""
    found: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            found.update({target.id: node for target in node.targets if isinstance(target, ast.Name)})
    return found


def _mutants(name: str, definition: ast.stmt) -> Iterator[Mutant]:
    root = ast.Module([copy.deepcopy(definition)], [])
    scope = _Scope(root)
    for node, place in list(_sites(root)):
        for other in _replacements(node, scope):
            place(other)
            try:
                code = _normal(root)
            except SyntaxError:
                continue
            finally:
                place(node)
            yield Mutant(name, node.lineno, code)


def _normal(root: ast.Module) -> str:
    """Return a tree's text as it reads after parsing: ``-1`` is a minus and a one there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        text = ast.unparse(ast.parse(ast.unparse(root)))
        compile(text, "<mutant>", "exec")
    return text


class _Scope:
    """The names and texts that a definition uses itself."""

    def __init__(self, root: ast.Module) -> None:
        nodes = list(ast.walk(root))
        assigned = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        self.parameters = {node.arg for node in nodes if isinstance(node, ast.arg)}
        self.variables = sorted(assigned | self.parameters)
        bare = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        constants = [node for node in nodes if isinstance(node, ast.Constant) and id(node) not in bare]
        self.texts = sorted({node.value for node in constants if isinstance(node.value, str)})


def _sites(root: ast.Module) -> Iterator[tuple[ast.expr | ast.stmt, Place]]:
    """Yield each expression and statement that computes something, and what puts another in its place."""
    waiting: list[ast.AST] = [root]
    while waiting:
        node = waiting.pop(0)
        for field, value in ast.iter_fields(node):
            if field in ("decorator_list", "annotation", "returns", "type_params"):
                continue
            if isinstance(value, ast.AST):
                children: list[tuple[ast.AST, Place]] = [(value, partial(setattr, node, field))]
            elif isinstance(value, list):
                children = [(v, partial(setitem, value, i)) for i, v in enumerate(value) if isinstance(v, ast.AST)]
            else:
                continue
            for child, place in children:
                if _is_text(child):
                    continue
                waiting.append(child)
                if isinstance(child, ast.expr | ast.stmt):
                    yield child, place


def _replacements(node: ast.expr | ast.stmt, scope: _Scope) -> Iterator[ast.AST]:
    match node:
        case ast.BinOp():
            yield from _binary(node, scope)
        case ast.UnaryOp():
            yield node.operand
        case ast.Compare():
            yield from _comparison(node)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
            yield from node.values
        case ast.IfExp():
            yield from (ast.IfExp(node.test, node.orelse, node.body), node.body, node.orelse)
        case ast.Constant():
            yield from map(ast.Constant, _constants(node.value, scope))
        case ast.Name(ctx=ast.Load()) if node.id in scope.variables:
            yield from (ast.Name(name, ast.Load()) for name in scope.variables if name != node.id)
            yield from (ast.Constant(value) for value in (0, 1) if node.id in scope.parameters)
        case ast.Call():
            yield from _call(node, scope)
        case ast.Attribute(attr="T"):
            yield node.value
        case ast.Attribute(ctx=ast.Load()):
            yield from (ast.Attribute(node.value, name, ast.Load()) for name in _siblings(node.attr))
        case ast.Subscript(ctx=ast.Load()):
            yield node.value
        case ast.Slice():
            yield from (ast.Slice(None, node.upper, node.step), ast.Slice(node.lower, None, node.step))
        case ast.Tuple() | ast.List():
            yield from (type(node)(some, node.ctx) for some in _swaps(node.elts))
        case ast.stmt():
            yield from _statement(node)


def _binary(node: ast.BinOp, scope: _Scope) -> Iterator[ast.AST]:
    if isinstance(node.left, ast.Name) and node.left.id in scope.parameters and type(node.op) in _IN_PLACE:
        method = ast.Attribute(node.left, _IN_PLACE[type(node.op)], ast.Load())
        yield ast.Call(method, [node.right], [])
    for operator in _others(node.op):
        yield ast.BinOp(node.left, operator, node.right)
    yield from (node.left, node.right)
    if isinstance(node.op, ast.Sub):
        yield ast.UnaryOp(ast.USub(), node.right)
    if not isinstance(node.op, _COMMUTATIVE):
        yield ast.BinOp(node.right, node.op, node.left)


def _others(operator: ast.operator) -> list[ast.operator]:
    if isinstance(operator, ast.MatMult):
        return [ast.Mult()]
    family = _BITWISE if isinstance(operator, _BITWISE[:3]) else _ARITHMETIC
    return [other() for other in family if not isinstance(operator, other)]


def _comparison(node: ast.Compare) -> Iterator[ast.AST]:
    for i, operator in enumerate(node.ops):
        for other in _OPPOSITE.get(type(operator), _ORDER):
            yield ast.Compare(node.left, [*node.ops[:i], other(), *node.ops[i + 1 :]], node.comparators)
    yield from (ast.Constant(value=True), ast.Constant(value=False))


def _constants(value: object, scope: _Scope) -> list[bool | int | float | str]:
    """Return what may stand in a constant's place, of the same type where that can be."""
    match value:
        case bool():
            return [not value]
        case int() | float():
            one = type(value)(1)
            half = value // 2 if isinstance(value, int) and value % 2 == 0 else value / 2
            others = [-value, 2 * value, half, NUDGE * value] if value else []
            return [0 * one, one, -one, value + 1, value - 1, *others]
        case str():
            return ["", *(text for text in scope.texts if text != value)]
    return []


def _call(node: ast.Call, scope: _Scope) -> Iterator[ast.AST]:
    if isinstance(node.func, ast.Name):
        yield from (ast.Call(ast.Name(n, ast.Load()), node.args, node.keywords) for n in _siblings(node.func.id))
    if isinstance(node.func, ast.Attribute):
        receiver = node.func.value
        if not isinstance(receiver, ast.Name) or receiver.id in scope.variables:
            yield receiver
    yield from node.args
    swapped = [] if getattr(node.func, "attr", "") in _SYMMETRIC else _swaps(node.args)
    for args in (*swapped, *_omissions(node.args)):
        yield ast.Call(node.func, args, node.keywords)
    for keywords in _omissions(node.keywords):
        yield ast.Call(node.func, node.args, keywords)


def _statement(node: ast.stmt) -> Iterator[ast.AST]:
    if isinstance(node, ast.FunctionDef | ast.If | ast.For | ast.While):
        for i, (first, second) in enumerate(pairwise(node.body)):
            if not _is_text(first) and not _are_independent(first, second):
                changed = copy.copy(node)
                changed.body = [*node.body[:i], second, first, *node.body[i + 2 :]]
                yield changed
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Pass):
        return
    yield ast.Pass()
    match node:
        case ast.If():
            for test in (ast.UnaryOp(ast.Not(), node.test), ast.Constant(value=True), ast.Constant(value=False)):
                yield ast.If(test, node.body, node.orelse)
        case ast.AugAssign():
            yield ast.Assign([node.target], node.value, lineno=node.lineno)
            for operator in _others(node.op):
                yield ast.AugAssign(node.target, operator, node.value)
        case ast.Assign():
            yield from (ast.Assign(node.targets, value, lineno=node.lineno) for value in _negated(node.value))
        case ast.Return() if node.value is not None:
            yield from map(ast.Return, _negated(node.value))
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()


def _negated(value: ast.expr) -> Iterator[ast.expr]:
    """Yield a computed value with a minus before it, or before one of its elements."""
    if isinstance(value, ast.Tuple):
        for i, item in enumerate(value.elts):
            yield from (ast.Tuple([*value.elts[:i], n, *value.elts[i + 1 :]], value.ctx) for n in _negated(item))
    elif not isinstance(value, ast.Constant):
        yield ast.UnaryOp(ast.USub(), value)


def _siblings(name: str) -> list[str]:
    return [other for family in _SIBLINGS if name in family for other in family if other != name]


def _swaps(items: Sequence[_Node]) -> list[list[_Node]]:
    """Return a sequence with two neighbours exchanged, in all ways."""
    return [[*items[:i], items[i + 1], items[i], *items[i + 2 :]] for i in range(len(items) - 1)]


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _are_independent(first: ast.stmt, second: ast.stmt) -> bool:
    """Return whether two statements are assignments of which neither touches what the other one sets."""
    if not isinstance(first, ast.Assign) or not isinstance(second, ast.Assign):
        return False
    names = [{node.id for node in ast.walk(part) if isinstance(node, ast.Name)} for part in (first, second)]
    set_by = [
        {node.id for target in part.targets for node in ast.walk(target) if isinstance(node, ast.Name)}
        for part in (first, second)
    ]
    return not (set_by[0] & names[1] or set_by[1] & names[0])


def _omissions(items: Sequence[_Node]) -> list[list[_Node]]:
    return [[*items[:i], *items[i + 1 :]] for i in range(len(items))]
