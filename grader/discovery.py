"""Finds courses, loads their exercises, and pairs each with its solution."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from grader.core.authored import place, require, told
from grader.core.cases import layout_of
from grader.core.domains import Domain
from grader.core.edits import Edit, Equivalent
from grader.core.exercise import Check, Differential, Exercise, Function
from grader.core.program import program
from grader.core.signature import Kind
from grader.courses import DEFAULT_COURSE, PACKAGE, did_you_mean, locate_course, read_settings
from grader.errors import AuthoringError, UsageError

__all__ = ["DEFAULT_COURSE", "PACKAGE", "Course", "Paired", "Solution", "did_you_mean", "find_course", "load_course"]


@dataclass(frozen=True, slots=True)
class Solution:
    """The staff's side of an exercise: NumPy kernels and known mistakes.

    Attributes
    ----------
    functions
        Kernels by name.
    source
        The file's text without the lists of mistakes and equivalents, which edit it.
    equivalents
        Changes of the source that no check can see.
    """

    functions: dict[str, Callable[..., Any]]
    mistakes: tuple[Edit, ...]
    source: str
    path: Path
    equivalents: tuple[Equivalent, ...] = ()


@dataclass(frozen=True, slots=True)
class Paired:
    """An exercise with its solution, where there is one, and the hash of everything that its answers depend on."""

    exercise: Exercise
    solution: Solution | None
    digest: str
    path: Path


@dataclass(frozen=True, slots=True)
class Course:
    """A folder of exercises.

    Attributes
    ----------
    allowed_imports
        Top-level modules that a submission may import besides NumPy and parts of the standard library.
    """

    name: str
    title: str
    exercises: tuple[Paired, ...]
    allowed_imports: tuple[str, ...] = ()
    folder: Path = field(default_factory=Path)

    def select(self, names: Sequence[str]) -> Course:
        """Return the course with only the named exercises.

        Raises
        ------
        UsageError
            If a name is unknown; the message offers the nearest.
        """
        known = {pair.exercise.name: pair for pair in self.exercises}
        for name in names:
            if name not in known:
                raise UsageError(f"no exercise {name!r} in course {self.name!r}{did_you_mean(name, list(known))}")
        return replace(self, exercises=tuple(known[name] for name in known if name in names)) if names else self


def find_course(name_or_folder: str | Path = DEFAULT_COURSE) -> Course:
    """Return a course by name or folder.

    Raises
    ------
    UsageError
        If there is no such course.
    AuthoringError
        If one of its files is written wrongly.
    """
    return load_course(*locate_course(name_or_folder))


@functools.cache
def load_course(folder: Path, solutions: Path) -> Course:
    """Return the course in a folder, with the solutions in another (which may be absent)."""
    course, faults = load_sound(folder, solutions)
    for fault in faults.values():
        raise fault
    return course


def load_sound(folder: Path, solutions: Path) -> tuple[Course, dict[str, AuthoringError]]:
    """Return a course with the exercises that can be loaded, and by name why others cannot."""
    settings = read_settings(folder / "course.toml")
    order = settings.exercises or sorted(path.stem for path in folder.glob("*.py"))
    pairs: list[Paired] = []
    faults: dict[str, AuthoringError] = {}
    for name in order:
        try:
            pairs.append(load_pair(folder / f"{name}.py", solutions / f"{name}.py"))
        except AuthoringError as error:
            faults[name] = error
    title = settings.title or folder.name
    return Course(folder.name, title, tuple(pairs), tuple(settings.allowed_imports), folder), faults


def load_pair(path: Path, solution_path: Path) -> Paired:
    """Return the exercise in a file, paired with its solution if there is one."""
    if not path.is_file():
        raise AuthoringError(f"course.toml names exercise {path.stem!r}, but {path} does not exist")
    module = _load(path, f"exercises_{path.parent.name}_{path.stem}")
    exercise = getattr(module, "exercise", None)
    if not isinstance(exercise, Exercise):
        raise AuthoringError(f"{path} defines no exercise; write exercise = Exercise(…)")
    statement_path = path.with_suffix(".md")
    statement = statement_path.read_text("utf-8") if statement_path.is_file() else ""
    exercise = replace(exercise, name=path.stem, statement=statement)
    check_exercise(exercise, path)
    solution = _load_solution(solution_path, exercise) if solution_path.is_file() else None
    hashed = hashlib.sha256(path.read_bytes())
    if solution is not None:
        hashed.update(solution.source.encode())
    return Paired(exercise, solution, hashed.hexdigest(), path)


def check_exercise(exercise: Exercise, path: Path) -> None:
    """Refuse an exercise whose parts do not fit together; the message names the file, the part and the fix."""
    try:
        _check_types(exercise)
        _check_functions(exercise)
        _check_inputs(exercise)
        for check in exercise.checks:
            _check_check(exercise, check)
    except AuthoringError as error:
        raise type(error)(f"{path}: {error}") from None


def _check_types(exercise: Exercise) -> None:
    require(isinstance(exercise.title, str), f"title={exercise.title!r}", "it should be a text")
    for option, kind, made in (("functions", Function, "function(…)"), ("checks", Check, "matches(…), gradient(…) …")):
        values = getattr(exercise, option)
        require(isinstance(values, tuple | list), f"{option}={values!r}", "it should be a tuple; mind the last comma")
        for value in values:
            require(isinstance(value, kind), f"{option} holds {value!r}", f"each should be made by {made}")
    for source in (exercise.inputs, *(function.inputs for function in exercise.functions)):
        require(isinstance(source, Mapping), f"inputs={source!r}", "it should be a dict of domains by name")
        for name, domain in source.items():
            require(isinstance(domain, Domain), f"inputs={{{name!r}: {domain!r}}}", "a domain is made by reals(…) …")
    require(isinstance(exercise.oracle, Mapping), f"oracle={exercise.oracle!r}", "it should be a dict of functions")


def _check_functions(exercise: Exercise) -> None:
    names = [function.name for function in exercise.functions]
    for name in names:
        if names.count(name) > 1:
            raise AuthoringError(f"two functions are named {name!r}; give each its own name")
    for check in exercise.checks:
        of = getattr(check.body, "of", None)
        for name in (check.function, *check.needs, *([of] if of else [])):
            if name not in names:
                raise AuthoringError(f"check {check.name} names function {name!r}{did_you_mean(name, names)}")
    for name in exercise.oracle:
        if name not in names:
            raise AuthoringError(f"the oracle names function {name!r}{did_you_mean(name, names)}")
        answer = exercise.oracle[name]
        require(callable(answer), f"oracle={{{name!r}: {answer!r}}}", "it should be a function on torch's tensors")
    for name in names:
        if not exercise.checks_of(name):
            raise AuthoringError(f"no check looks at function {name!r}; add one to checks=")


def _check_inputs(exercise: Exercise) -> None:
    arguments = {term.name for f in exercise.functions for term in f.signature.arguments}
    for name in exercise.inputs:
        if name not in arguments:
            raise AuthoringError(f"inputs= names {name!r}{did_you_mean(name, sorted(arguments))}")
    for function in exercise.functions:
        for name in function.inputs:
            function.signature.argument(name)
        for term in function.signature.arguments:
            if term.kind is not Kind.OPAQUE:
                exercise.domain(function, term)


def _check_check(exercise: Exercise, check: Check) -> None:
    if [other.name for other in exercise.checks].count(check.name) > 1:
        raise AuthoringError(f"two checks are named {check.name!r}; word their claims differently")
    names = [term.name for _, term in layout_of(exercise, check).terms]
    for regime in check.body.regimes:
        for name in regime.draws:
            if name not in names:
                raise AuthoringError(f"{check.name}: regime {regime.name!r} draws {name!r}{did_you_mean(name, names)}")
    if not isinstance(check.body, Differential):
        return
    program(exercise, check)
    if check.body.per_step is not None and check.body.per_step not in names:
        step = check.body.per_step
        raise AuthoringError(f"{check.name}: per_step={step!r} is no argument{did_you_mean(step, names)}")


def _load_solution(path: Path, exercise: Exercise) -> Solution:
    module = _load(path, f"solutions_{path.parent.name}_{path.stem}")
    source = _without_edits(path.read_text("utf-8"))
    functions = kernels_of(module, exercise, path)
    mistakes = tuple(getattr(module, "mistakes", ()))
    names = set()
    for mistake in mistakes:
        if not isinstance(mistake, Edit):
            raise AuthoringError(f"{path}: mistakes holds {mistake!r}, but should hold edit(…)")
        if mistake.name in names:
            raise AuthoringError(f"{path}: two mistakes are named {mistake.name!r}; give each its own name")
        names.add(mistake.name)
    equivalents = tuple(getattr(module, "equivalents", ()))
    for item in equivalents:
        if not isinstance(item, Equivalent):
            raise AuthoringError(f"{path}: equivalents holds {item!r}, but should hold equivalent(…)")
    return Solution(functions, mistakes, source, path, equivalents)


def _without_edits(source: str) -> str:
    """Return a solution's source without its lists of mistakes and equivalents: edited lines stand there once more."""
    lines = source.splitlines(keepends=True)
    for node in reversed(ast.parse(source).body):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id in ("mistakes", "equivalents") for target in targets):
            del lines[node.lineno - 1 : node.end_lineno]
    return "".join(lines)


def kernels_of(module: ModuleType, exercise: Exercise, path: Path) -> dict[str, Callable[..., Any]]:
    """Return the kernels of a solution's module, one for each function of the exercise."""
    functions = {}
    for function in exercise.functions:
        kernel = getattr(module, function.name, None)
        if not callable(kernel):
            near = [name for name in vars(module) if callable(getattr(module, name)) and not name.startswith("_")]
            raise AuthoringError(f"{path} defines no {function.name!r}{did_you_mean(function.name, near)}")
        functions[function.name] = kernel
    return functions


def _load(path: Path, name: str) -> ModuleType:
    """Execute a course's file as a module; any error in it names the file."""
    spec = importlib.util.spec_from_file_location(re.sub(r"\W", "_", name), path)
    if spec is None or spec.loader is None:
        raise AuthoringError(f"{path} cannot be loaded as a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except AuthoringError as error:
        raise type(error)(f"{path}: {error}{place(error, str(path))}") from None
    except Exception as error:
        raise AuthoringError(f"{path} fails while loading: {told(error, str(path))}") from error
    return module
