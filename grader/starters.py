"""Starter files: stubs with docstrings, derived from an exercise's signatures."""

from __future__ import annotations

import shlex
import textwrap
from typing import Any

from grader.core.exercise import Exercise, Function
from grader.core.signature import Kind, Term
from grader.courses import DEFAULT_COURSE

WIDTH = 100


def starter(exercise: Exercise, *, course: str = DEFAULT_COURSE) -> str:
    """Return an exercise's starter file: every function with its contract, raising `NotImplementedError`.

    Parameters
    ----------
    course
        The name or folder by which the command in the docstring chooses the course.
    """
    command = check_command(f"{exercise.name}.py", exercise, course=course)
    text = f"{exercise.title}: write these functions.\n\nCheck them with `{command}`.\n"
    head = '"""{}"""\n'.format(text.replace("\\", r"\\").replace('"""', r"\"\"\""))
    return "\n\n".join([f"{head}\nimport numpy as np\n", *(stub(function) for function in exercise.functions)])


def check_command(file: str, exercise: Exercise, *, course: str) -> str:
    """Return the command that grades a file as this exercise alone: the file holds none of the course's others."""
    words = ["grade", file, "--only", exercise.name]
    return shlex.join([*words, "--course", course] if course != DEFAULT_COURSE else words)


def stub(function: Function) -> str:
    """Return a function's stub."""
    arguments = ", ".join(_parameter(term) for term in function.signature.arguments)
    summary = function.summary or f"Compute {', '.join(term.name for term in function.signature.results)}."
    lines = [f"def {function.name}({arguments}):"]
    body = [*textwrap.wrap(summary, WIDTH), "", *_section("Takes", function.signature.arguments)]
    body += ["", *_section("Returns", function.signature.results)]
    quotes = 'r"""' if "\\" in summary else '"""'
    lines.append(f"    {quotes}{body[0]}")
    lines += [f"    {line}".rstrip() for line in body[1:]]
    lines += ['    """', f'    raise NotImplementedError("{function.name}")', ""]
    return "\n".join(lines)


def _parameter(term: Term) -> str:
    return term.name if term.default is None else f"{term.name}={term.default_text}"


def _section(title: str, terms: tuple[Term, ...]) -> list[str]:
    width = max((len(term.name) for term in terms), default=0)
    return [f"{title}:", *(f"    {term.name:<{width}}  {describe(term)}" for term in terms)]


def describe(term: Term) -> str:
    """Return what a term is, in words: ``array of shape (n, d)``."""
    if term.kind is Kind.RNG:
        return "numpy.random.Generator"
    if term.name == "state":
        return "your own dict; {} before the first step"
    if term.kind is Kind.OPAQUE:
        return "anything that the backward needs"
    if term.dims is None:
        return "number" if term.default is None else f"number, {term.default_text} by default"
    sizes = (["..."] if term.dots else []) + [dim.text for dim in term.dims]
    shape = "any shape" if sizes == ["..."] else f"shape ({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
    return f"{'integer array' if term.dtype == 'int' else 'array'} of {shape}"


def notebook(exercise: Exercise, *, course: str = DEFAULT_COURSE) -> str:
    """Return the starter as a notebook: the statement, then a cell for each function; `course` as for `starter`."""
    import nbformat

    v4: Any = nbformat.v4
    command = check_command(f"{exercise.name}.ipynb", exercise, course=course)
    statement = exercise.statement.strip() or f"# {exercise.title}"
    head = v4.new_markdown_cell(f"{statement}\n\nCheck your functions with `{command}`.")
    cells = [head, v4.new_code_cell("import numpy as np")]
    cells += [v4.new_code_cell(stub(function).rstrip("\n")) for function in exercise.functions]
    for i, cell in enumerate(cells):
        cell["id"] = f"{exercise.name}-{i}"[:64]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    book = v4.new_notebook(cells=cells, metadata=metadata)
    nbformat.validate(book)
    return f"{v4.writes(book)}\n"
