import ast
import warnings

import nbformat
import pytest

from grader.authoring import Exercise, function, matches
from grader.starters import describe, notebook, starter, stub

EXERCISE = Exercise(
    title="Toys",
    functions=(
        function(
            "forward: x(...,d), t(n):int, training, cache, rng, alpha=1.6732632423543772, k:int=3 -> y(...,2d), state",
            summary=r"Compute $\sigma(x)$ and more words " + "that go on " * 20,
        ),
        function("g: x(...), eps=1e-05 -> loss"),
    ),
    checks=(matches("g"),),
    name="toys",
)


def load(source):
    namespace = {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(compile(source, "starter", "exec"), namespace)
    return namespace


def test_a_starter_imports_and_is_not_implemented():
    namespace = load(starter(EXERCISE))
    for name, count in (("forward", 5), ("g", 1)):
        with pytest.raises(NotImplementedError, match=name):
            namespace[name](*[None] * count)


@pytest.mark.parametrize(
    ("course", "command"),
    [
        ("foundations", "grade toys.py --only toys"),
        ("our lab/tiny", "grade toys.py --only toys --course 'our lab/tiny'"),
        ('a"""b\\n', 'grade toys.py --only toys --course \'a"""b\\n\''),
    ],
)
def test_the_docstring_names_the_command_that_grades_this_exercise(course, command):
    docstring = ast.get_docstring(ast.parse(starter(EXERCISE, course=course)))
    assert docstring == f"Toys: write these functions.\n\nCheck them with `{command}`."


def test_defaults_are_exact():
    namespace = load(starter(EXERCISE))
    assert namespace["forward"].__defaults__ == (1.6732632423543772, 3)
    assert isinstance(namespace["forward"].__defaults__[1], int)
    assert namespace["g"].__defaults__ == (1e-05,)


def test_a_stub_says_what_everything_is():
    text = stub(EXERCISE.functions[0])
    for line in (
        "x         array of shape (..., d)",
        "t         integer array of shape (n,)",
        "training  number",
        "cache     anything that the backward needs",
        "rng       numpy.random.Generator",
        "alpha     number, 1.6732632423543772 by default",
        "y      array of shape (..., 2d)",
        "state  your own dict; {} before the first step",
    ):
        assert f"        {line}\n" in text
    assert ast.get_docstring(ast.parse(text).body[0]).startswith(r"Compute $\sigma(x)$")


def test_any_shape_is_said_so():
    assert describe(EXERCISE.functions[1].signature.arguments[0]) == "array of any shape"


def test_the_notebook_holds_the_same_stubs():
    book = nbformat.reads(notebook(EXERCISE), as_version=4)
    assert [cell.cell_type for cell in book.cells] == ["markdown", "code", "code", "code"]
    assert book.cells[0].source == "# Toys\n\nCheck your functions with `grade toys.ipynb --only toys`."
    assert book.cells[2].source == stub(EXERCISE.functions[0]).rstrip("\n")
    assert notebook(EXERCISE) == notebook(EXERCISE)
