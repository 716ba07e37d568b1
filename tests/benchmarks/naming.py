"""How rightly mistakes are named: known mistakes and pairs of them, written in other styles than the kernels.

Usage: python tests/benchmarks/naming.py [--seed N] [--pairs N] [--styles A,B] [--only EXERCISE]

A name is right where it is the planted mistake's; for a pair also that of one of the two where the other changes no
answer besides it, and where two mistakes give the same answers in every case, the other one's.
"""

from __future__ import annotations

import argparse
import ast
import functools
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from grader.checks.findings import Finding, find
from grader.core.compare import DOUBLE, SINGLE
from grader.core.edits import Edit
from grader.core.plan import CheckPlan
from grader.discovery import Paired, find_course
from grader.judge import Judge
from grader.mistaken_sources import MistakenSource
from grader.mistakes import InlineCaller, MistakeBook, shows_fault

Functions = dict[str, Callable[..., Any]]

# ---------------------------------------------------------------- styles: the same mathematics, other roundings


def _mapped(value: Any, change: Callable[[np.ndarray], np.ndarray]) -> Any:
    """Return a value with its float arrays and NumPy floats changed, also within tuples; a cache's dict stays."""
    if isinstance(value, tuple):
        return tuple(_mapped(item, change) for item in value)
    is_float = isinstance(value, np.ndarray | np.floating) and np.asarray(value).dtype.kind == "f"
    return change(value) if is_float else value


def _shown(value: Any, change: Callable[[np.ndarray], np.ndarray]) -> Any:
    """Return results with their float arrays changed; a cache, which is a tuple or dict within them, stays as it is."""
    if isinstance(value, tuple):
        return tuple(item if isinstance(item, tuple | dict) else _mapped(item, change) for item in value)
    return _mapped(value, change)


def _wrapped(functions: Functions, before: Callable[[Any], Any], after: Callable[[Any], Any]) -> Functions:
    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args: after(function(*(before(arg) for arg in args)))

    return {name: wrap(function) for name, function in functions.items()}


def plain(functions: Functions) -> Functions:
    """Return the functions as they are."""
    return functions


def noisy(functions: Functions) -> Functions:
    """Return functions whose results are off by a few units in the last place."""
    rng = np.random.default_rng(0)

    def shake(x: np.ndarray) -> np.ndarray:
        return x * (1 + np.finfo(float).eps * rng.integers(-3, 4, np.shape(x)))

    return _wrapped(functions, lambda arg: arg, lambda result: _shown(result, shake))


def fortran(functions: Functions) -> Functions:
    """Return functions whose results are in Fortran order, with a zero added."""
    return _wrapped(functions, lambda arg: arg, lambda result: _shown(result, lambda x: np.asfortranarray(x + 0.0)
                                                                      if np.ndim(x) else x + 0.0))  # fmt: skip


def single(functions: Functions) -> Functions:
    """Return functions that compute in float32 and return float64."""
    return _wrapped(
        functions,
        lambda arg: _mapped(arg, np.float32) if not isinstance(arg, tuple) else arg,
        lambda result: _shown(result, np.float64),
    )  # fmt: skip


class _Rewriter(ast.NodeTransformer):
    """Swaps summands and factors, writes squares as products and means as sums that are divided."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Add | ast.Mult):
            return ast.BinOp(node.right, node.op, node.left)
        if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant) and node.right.value == 2:
            return ast.BinOp(node.left, ast.Mult(), node.left)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "mean" and not _is_numpy(node.func.value):
            axis = next((k.value for k in node.keywords if k.arg == "axis"), None)
            if isinstance(axis, ast.Constant):
                total = ast.Call(ast.Attribute(node.func.value, "sum"), node.args, node.keywords)
                count = ast.Subscript(ast.Attribute(node.func.value, "shape"), axis)
                return ast.BinOp(total, ast.Div(), count)
        return node


def _is_numpy(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "np"


def rewritten(source: str) -> str:
    """Return a source whose sums and products are formed in another order."""
    return ast.unparse(ast.fix_missing_locations(_Rewriter().visit(ast.parse(source))))


STYLES: Mapping[str, Callable[[Functions], Functions]] = {
    "plain": plain, "noisy": noisy, "fortran": fortran, "single": single, "rewritten": noisy,
    "rewritten-single": single,
}  # fmt: skip


def compiled(pair: Paired, mistakes: Sequence[Edit], style: str) -> Functions:
    """Return the kernels with some mistakes in them, in a style."""
    source, names = _source(pair.solution.source), [function.name for function in pair.exercise.functions]
    if not style.startswith("rewritten"):
        return STYLES[style](source.functions(mistakes, names))
    space: dict[str, Any] = {"__name__": "planted"}
    exec(compile(rewritten(source.edited(mistakes)), "<planted>", "exec"), space)
    return STYLES[style]({name: space[name] for name in names})


@functools.lru_cache(maxsize=16)
def _source(text: str) -> MistakenSource:
    return MistakenSource(text)


# ---------------------------------------------------------------- what is planted, and how it is named


@dataclass
class Tally:
    """What became of the planted mistakes."""

    outcomes: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)

    @property
    def planted(self) -> int:
        """How many were planted and change some answer."""
        return sum(self.outcomes.values())

    @property
    def share(self) -> float:
        """The share that is named rightly."""
        return (self.outcomes["right"] + self.outcomes["equal in every answer"]) / max(1, self.planted)


def name_of(book: MistakeBook, plan: CheckPlan, functions: Functions) -> tuple[Finding, str | None]:
    """Return what a check sees of some functions, and the name that it gives to their mistake."""
    seen = find(plan, InlineCaller(functions).run_frame(plan.frame, plan.steps))
    diagnosis = book.diagnose(seen) if shows_fault(seen) else None
    return seen, diagnosis.name if diagnosis else None


def judge_name(
    book: MistakeBook, plan: CheckPlan, planted: Sequence[Edit], name: str | None, *, roundoff: float = DOUBLE
) -> str:
    """Return ``right``, ``equal in every answer`` (up to a round-off), ``unnamed`` or ``wrong``."""
    if name is None:
        return "unnamed"
    names = [mistake.name for mistake in planted]
    if name in (" and ".join(names), " and ".join(reversed(names))):
        return "right"
    chosen = next(
        c for n in (1, 2) for c in itertools.combinations(book.mistakes, n) if " and ".join(m.name for m in c) == name
    )
    whole = book.finding(plan, planted)
    others = [book.finding(plan, order) for order in book.source.orders(chosen)]
    if not any(_same_in_all(plan, whole, other, roundoff) for other in others):
        return "wrong"
    return "right" if name in names else "equal in every answer"


def _same_in_all(plan: CheckPlan, whole: Finding | None, other: Finding | None, roundoff: float) -> bool:
    """Return whether two findings of the kernels with mistakes in them have equal answers up to a round-off."""
    if whole is None or other is None or set(whole.failures) != set(other.failures):
        return False
    # What is below the tolerance of a right answer is no other answer.
    tolerance = 1e-9 * np.abs(np.nan_to_num(whole.actual)) + plan.target.tolerance(roundoff)
    with np.errstate(invalid="ignore"):
        same = (np.abs(whole.actual - other.actual) <= 2 * tolerance) | (whole.actual == other.actual)
    same |= np.isnan(whole.actual) & np.isnan(other.actual)
    return bool(same[np.repeat(plan.plain, np.diff(plan.starts))].all())


def plantings(
    book: MistakeBook, plan: CheckPlan, *, pairs: int, rng: np.random.Generator
) -> Iterator[tuple[Edit, ...]]:
    """Yield every mistake that a check sees, then random pairs of them, in each order that makes a difference."""
    # A mistake with which a call before the judged one fails is that call's, and not judged here.
    seen = [m for m in book.mistakes if book.is_seen(plan, m) and book.finding(plan, (m,)) is not None]
    yield from ((mistake,) for mistake in seen)
    combined = list(itertools.combinations(seen, 2))
    shuffled = (order for k in rng.permutation(len(combined)) for order in book.source.orders(combined[int(k)]))
    yield from itertools.islice((c for c in shuffled if book.finding(plan, c) is not None), pairs)


def tally(
    judge: Judge, exercise: str, *, styles: Sequence[str], pairs: int, one_style: bool = False
) -> dict[tuple[str, str], Tally]:
    """Return by (style, ``single`` or ``pair``) how an exercise's planted mistakes are named.

    Parameters
    ----------
    one_style
        Plant each mistake in one style only, in turn, where the whole would take too long.
    """
    pair = next(p for p in judge.course.exercises if p.exercise.name == exercise)
    book, tallies = judge.book(pair), {}
    turn = itertools.count()
    for name, plan in judge.plan(pair).differential.items():
        rng = np.random.default_rng([judge.seed, len(name)])
        for planted in plantings(book, plan, pairs=pairs, rng=rng):
            chosen = [styles[next(turn) % len(styles)]] if one_style else styles
            for style in chosen:
                one = tallies.setdefault((style, "single" if len(planted) == 1 else "pair"), Tally())
                seen, named = name_of(book, plan, compiled(pair, planted, style))
                if not shows_fault(seen):
                    continue
                outcome = judge_name(
                    book, plan, planted, named, roundoff=SINGLE if style.endswith("single") else DOUBLE
                )
                one.outcomes[outcome] += 1
                if outcome in ("wrong", "unnamed"):
                    one.remarks.append(f"{outcome}: {style}: {name}: {[m.name for m in planted]} named {named!r}")
    return tallies


def main() -> None:
    parser = argparse.ArgumentParser(description="How rightly mistakes are named.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pairs", type=int, default=12, help="pairs for each check")
    parser.add_argument("--styles", default=",".join(STYLES))
    parser.add_argument("--only")
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args()
    course = find_course().select([options.only] if options.only else [])
    judge = Judge(course, options.seed, options.cache)
    totals: dict[tuple[str, str], Tally] = {}
    for pair in course.exercises:
        found = tally(judge, pair.exercise.name, styles=options.styles.split(","), pairs=options.pairs)
        for key, one in found.items():
            total = totals.setdefault(key, Tally())
            total.outcomes.update(one.outcomes)
            total.remarks += one.remarks
    print("| style | planted | named rightly | equal in every answer | unnamed | named otherwise |")
    print("|---|---|---|---|---|---|")
    for (style, kind), one in totals.items():
        o = one.outcomes
        print(
            f"| {style}, {kind} | {one.planted} | {o['right']} | {o['equal in every answer']} | {o['unnamed']}"
            f" | {o['wrong']} |"
        )
    for one in totals.values():
        for remark in one.remarks:
            print(remark)


if __name__ == "__main__":
    main()
