"""Sources of kernels with known mistakes in them, of which only what a mistake changes is compiled anew."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

from grader.core.edits import Edit
from grader.errors import AuthoringError


@dataclass(frozen=True, slots=True)
class Piece:
    """A top-level statement of a source, with what stands between it and the one before.

    Attributes
    ----------
    text
        Whole lines.
    name
        The function or class that it defines, ``""`` for any other statement.
    begin
        Where the definition begins in the text, after comments and decorators.
    """

    text: str
    name: str = ""
    begin: int = 0


class MistakenSource:
    """A solution's source, which known mistakes change.

    Parameters
    ----------
    source
        Of the right kernels.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._pieces = tuple(_split(source))
        self._code: dict[str, CodeType] = {}
        self._uses: dict[str, set[str]] = {}

    def edited(self, mistakes: Sequence[Edit]) -> str:
        """Return the source with several mistakes in it.

        Each is made where it is found in the right source; where one reaches into another's place, they are made one
        after the other, in the order given.

        Raises
        ------
        AuthoringError
            If an edit cannot be made, or not as it is in the right source.
        """
        return _text(self._changed(mistakes))

    def orders(self, mistakes: Sequence[Edit]) -> list[tuple[Edit, ...]]:
        """Return the orders in which mistakes can be made that give different sources, the given one first."""
        if not _overlap(self._places(mistakes)):
            return [tuple(mistakes)]
        made: dict[str, tuple[Edit, ...]] = {}
        for order in itertools.permutations(mistakes):
            try:
                made.setdefault(_text(self._changed(order)), order)
            except AuthoringError:
                continue
        return list(made.values())

    def functions(self, mistakes: Sequence[Edit], names: Iterable[str]) -> dict[str, Callable[..., Any]]:
        """Return kernels by name, with several mistakes in them.

        Raises
        ------
        AuthoringError
            If an edit cannot be made, or the mistakes do not compile together.
        """
        pieces = self._changed(mistakes)
        try:
            codes = [self._compiled(piece.text) for piece in pieces]
        except SyntaxError as error:
            for mistake in mistakes:
                mistake.apply(self._source)  # says which of them does not parse alone
            names = " and ".join(mistake.name for mistake in mistakes)
            raise AuthoringError(f"mistake {names!r} does not compile: {error}") from None
        namespace: dict[str, Any] = {"__name__": "mistaken"}
        for code in codes:
            exec(code, namespace)
        return {name: namespace[name] for name in names}

    def called(self, names: Iterable[str]) -> set[str]:
        """Return some definitions' names with those of all others that they use, directly or not."""
        self._uses = self._uses or _uses(self._source)
        called: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in called:
                called.add(name)
                waiting += self._uses.get(name, ())
        return called

    def _compiled(self, text: str) -> CodeType:
        if text not in self._code:
            self._code[text] = compile(text, "<mistaken>", "exec")
        return self._code[text]

    def _places(self, mistakes: Sequence[Edit]) -> list[tuple[int, int, Edit]]:
        """Return where in the right source the texts that mistakes replace begin and end.

        Raises
        ------
        AuthoringError
            If one of them does not occur exactly once.
        """
        places = []
        for mistake in mistakes:
            start = _located(self._pieces, mistake)
            if start is None:
                mistake.apply(self._source)  # says why it cannot be made
            assert start is not None
            places.append((start, start + len(mistake.old), mistake))
        return places

    def _changed(self, mistakes: Sequence[Edit]) -> tuple[Piece, ...]:
        pieces = self._pieces
        places = self._places(mistakes)
        if _overlap(places):
            return self._changed_in_turn(places)
        for start, _, mistake in sorted(places, key=lambda place: -place[0]):
            pieces = _replaced(pieces, start, mistake)
        return pieces

    def _changed_in_turn(self, places: Sequence[tuple[int, int, Edit]]) -> tuple[Piece, ...]:
        pieces = self._pieces
        for start, _, mistake in places:
            found = _located(pieces, mistake)
            if found is None or _between(_text(pieces), found, mistake) != _between(self._source, start, mistake):
                raise AuthoringError(f"mistake {mistake.name!r}: {mistake.old!r} is not there any more")
            pieces = _replaced(pieces, found, mistake)
        return pieces


def _overlap(places: Sequence[tuple[int, int, Edit]]) -> bool:
    ordered = sorted((start, end) for start, end, _ in places)
    return any(end > start for (_, end), (start, _) in itertools.pairwise(ordered))


def _split(source: str) -> Iterator[Piece]:
    """Yield a source's top-level statements, which may be compiled one by one, but for those that share a line."""
    lines = source.splitlines(keepends=True)
    nodes = ast.parse(source).body
    done = 0
    for node, after in itertools.zip_longest(nodes, nodes[1:]):
        end = node.end_lineno or node.lineno
        if after is not None and after.lineno <= end:
            continue
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield Piece("".join(lines[done:end]), node.name, len("".join(lines[done : node.lineno - 1])))
        else:
            yield Piece("".join(lines[done:end]))
        done = end
    if done < len(lines):
        yield Piece("".join(lines[done:]))


def _text(pieces: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def _located(pieces: Sequence[Piece], mistake: Edit) -> int | None:
    """Return where the text that a mistake replaces begins, `None` where it is not found once in a piece or in all."""
    start, old = 0, mistake.old
    if not mistake.within:
        source = _text(pieces)
        return source.index(old) if source.count(old) == 1 else None
    for piece in pieces:
        if piece.name == mistake.within:
            own = piece.text[piece.begin :]
            return start + piece.begin + own.index(old) if own.count(old) == 1 else None
        start += len(piece.text)
    return None


_TOKEN = re.compile(r"\w+|[^\w ]")


def _between(source: str, start: int, mistake: Edit) -> tuple[str, str]:
    """Return the tokens around the text that a mistake replaces: ``a + b`` is no part of ``a + b.sum()``."""
    line = source.rfind("\n", 0, start) + 1
    before = _TOKEN.findall(source, line, start)
    after = _TOKEN.search(source, start + len(mistake.old))
    return (before[-1] if before else "", after.group() if after else "")


def _replaced(pieces: Sequence[Piece], start: int, mistake: Edit) -> tuple[Piece, ...]:
    """Return a source's pieces with a mistake made at a place; those between which it reaches become one."""
    ends = list(itertools.accumulate(len(piece.text) for piece in pieces))
    stop = start + len(mistake.old)
    first = next(k for k, end in enumerate(ends) if end > start)
    last = next(k for k, end in enumerate(ends) if end >= stop)
    offset = ends[first] - len(pieces[first].text)
    text = _text(pieces[first : last + 1])
    text = text[: start - offset] + mistake.new + text[stop - offset :]
    if text[-1:] != "\n" and last + 1 < len(pieces):  # the next statement now stands on the same line
        return (*pieces[:first], Piece(text + _text(pieces[last + 1 :])))
    one = pieces[first]
    kept = first == last and start - offset >= one.begin
    return (*pieces[:first], Piece(text, one.name, one.begin) if kept else Piece(text), *pieces[last + 1 :])


def _uses(source: str) -> dict[str, set[str]]:
    """Return for each top-level name that a source defines the other top-level names in its definition."""
    parts: dict[str, ast.AST] = {}
    for node in ast.parse(source).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        named = [node.name] if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
        parts.update({name: node for name in [*named, *(t.id for t in targets if isinstance(t, ast.Name))]})
    return {
        name: {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and part.id in parts} - {name}
        for name, node in parts.items()
    }
