"""Six checks of ReLU and of softmax with cross-entropy, written for other graders as their manuals tell."""

from __future__ import annotations

import json

RIGHT = """import numpy as np


def relu(x):
    return np.maximum(x, 0)


def relu_backward(dy, x):
    return dy * (x > 0)


def softmax_cross_entropy(z, y):
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(z))
    dz = np.exp(log_p)
    dz[rows, y] -= 1
    return -log_p[rows, y].mean(), dz / len(z)
"""
WRONG = RIGHT.replace("dz / len(z)", "dz")
"""Fails one of the checks: a grader that says nothing of it was not set up rightly."""

CHECKS = """import numpy as np
from submission import relu, relu_backward, softmax_cross_entropy


def numerical(f, x, h=1e-5):
    found = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[i] += h
        below[i] -= h
        found[i] = (f(above) - f(below)) / (2 * h)
    return found


def drawn():
    rng = np.random.default_rng(0)
    return rng.standard_normal((6, 5)), rng.standard_normal((6, 5)), rng.integers(0, 5, 6)


def relu_values():
    x, _, _ = drawn()
    np.testing.assert_allclose(relu(x), x * (x > 0), rtol=1e-9)


def relu_backward_values():
    x, dy, _ = drawn()
    np.testing.assert_allclose(relu_backward(dy, x), np.where(x > 0, dy, 0), rtol=1e-9)


def relu_gradient():
    x, dy, _ = drawn()
    np.testing.assert_allclose(relu_backward(dy, x), numerical(lambda v: (relu(v) * dy).sum(), x), atol=1e-6)


def loss_values():
    z, _, y = drawn()
    expected = (np.log(np.exp(z).sum(axis=1)) - z[np.arange(6), y]).mean()
    np.testing.assert_allclose(softmax_cross_entropy(z, y)[0], expected, rtol=1e-9)


def loss_gradient():
    z, _, y = drawn()
    expected = numerical(lambda v: softmax_cross_entropy(v, y)[0], z)
    np.testing.assert_allclose(softmax_cross_entropy(z, y)[1], expected, atol=1e-6)


def loss_stability():
    z, _, y = drawn()
    loss, dz = softmax_cross_entropy(z + 1e4, y)
    np.testing.assert_allclose(loss, softmax_cross_entropy(z, y)[0], rtol=1e-6)
    assert np.isfinite(dz).all()
"""
NAMES = ("relu_values", "relu_backward_values", "relu_gradient", "loss_values", "loss_gradient", "loss_stability")

PYTEST = "import checks\n\n" + "\n\n".join(f"def test_{name}():\n    checks.{name}()" for name in NAMES) + "\n"

GRADESCOPE = """import json
import sys
import unittest

from gradescope_utils.autograder_utils.decorators import number, weight
from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner

import checks


class TestLayers(unittest.TestCase):
""" + "\n".join(
    f"    @weight(1)\n    @number('{k}')\n    def test_{name}(self):\n        '''{name}'''\n        checks.{name}()\n"
    for k, name in enumerate(NAMES, 1)
) + """

suite = unittest.defaultTestLoader.loadTestsFromTestCase(TestLayers)
with open("results.json", "w") as file:
    JSONTestRunner(visibility="visible", stream=file).run(suite)
"""  # fmt: skip

CHECK50 = "import check50\n" + "\n".join(
    f"""

@check50.check()
def {name}():
    \"\"\"{name}\"\"\"
    import sys
    sys.path[:0] = ['.', {{folder!r}}]
    import checks
    try:
        checks.{name}()
    except AssertionError as error:
        raise check50.Failure(str(error)[:100])
"""
    for name in NAMES
)
CHECK50_SETTINGS = "check50:\n  checks: __init__.py\n"

COURSE = 'title = "Six checks"\nexercises = ["layers"]\nallowed_imports = []\n'
EXERCISE = """from grader.authoring import Exercise, function, gradient, holds, labels, matches, reals, torch


def relu(x):
    return torch.relu(x)


def softmax_cross_entropy(z, y):
    return torch.nn.functional.cross_entropy(z, y)


def is_stable(student, case):
    loss, _ = student.softmax_cross_entropy(case.z, case.y)
    moved, _ = student.softmax_cross_entropy(case.z + 1e4, case.y)
    return None if abs(loss - moved) < 1e-6 * (1 + abs(loss)) else f"the loss became {moved}"


exercise = Exercise(
    title="Layers",
    functions=(
        function("relu: x(...) -> y(...)"),
        function("relu_backward: dy(...), x(...) -> dx(...)"),
        function("softmax_cross_entropy: z(n,c), y(n):int -> loss, dz(n,c)"),
    ),
    inputs={"x": reals(-100, 100), "z": reals(-100, 100), "y": labels("c")},
    checks=(
        matches("relu", points=1),
        gradient("relu_backward", of="relu", points=2),
        matches("softmax_cross_entropy", results=["loss"], points=1),
        gradient("softmax_cross_entropy", of="softmax_cross_entropy", results=["dz"], points=1),
        holds("softmax_cross_entropy", "large scores overflow nowhere", is_stable, points=1),
    ),
    oracle={"relu": relu, "softmax_cross_entropy": softmax_cross_entropy},
)
"""


def _checks_inline() -> str:
    return "\n".join(line for line in CHECKS.splitlines() if not line.startswith("from submission"))


def _notebook(cells: list[dict[str, object]]) -> str:
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


def _cell(name: str, source: str, **metadata: object) -> dict[str, object]:
    return {"cell_type": "code", "id": name, "execution_count": None, "outputs": [], "source": source,
            "metadata": metadata}  # fmt: skip


def otter_notebook(source: str) -> str:
    """Return a submission as a notebook."""
    return _notebook([_cell("answer", source)])


def otter_tests() -> dict[str, str]:
    """Return the test files of Otter, by name."""
    return {
        f"{name}.py": "from otter.test_files import test_case\n\nOK_FORMAT = False\n\n"
        f"name = '{name}'\npoints = 1\n\n\n@test_case()\ndef test_{name}(relu, relu_backward, softmax_cross_entropy):\n"
        + "\n".join(f"    {line}" for line in _checks_inline().splitlines())
        + f"\n    {name}()\n"
        for name in NAMES
    }


def nbgrader_notebook(source: str, *, is_source: bool) -> str:
    """Return an assignment of nbgrader: an answer, and a locked cell for each check."""

    def marked(name: str, *, points: int) -> dict[str, object]:
        answer = points == 0
        mark: dict[str, object] = {"grade": not answer, "grade_id": name, "locked": not answer,
                                   "schema_version": 3, "solution": answer, "task": False}  # fmt: skip
        return {"nbgrader": mark if answer else {**mark, "points": points}}

    answer = f"### BEGIN SOLUTION\n{source}\n### END SOLUTION\n" if is_source else source
    cells = [_cell("answer", answer, **marked("answer", points=0))]
    cells.append(_cell("common", _checks_inline()))
    cells += [_cell(name, f"{name}()", **marked(name, points=1)) for name in NAMES]
    return _notebook(cells)
