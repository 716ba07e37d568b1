import ast

import pytest

from grader.core.mutants import MutableSource
from grader.errors import AuthoringError

MODULE = '''
"""Kernels."""
SCALE = 2.0


def helper(a):
    return a * SCALE


def kernel(x, w):
    """Return something."""
    y = helper(x)
    return y - w


def unused(a):
    return a + 1
'''


def changes(expression, *, arguments="x, w, axis"):
    """Return what a returned expression is changed to."""
    source = MutableSource(f"def f({arguments}):\n    return {expression}\n")
    codes = [mutant.code for mutant in source.mutants({"f"})]
    return {code.split("return ", 1)[1] for code in codes if "return " in code}


def body_changes(*lines):
    """Return what a function's lines are changed to."""
    text = "def f(x, w):\n" + "".join(f"    {line}\n" for line in lines)
    return {tuple(line.strip() for line in m.code.splitlines()[1:]) for m in MutableSource(text).mutants({"f"})}


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("x + w", {"x - w", "x * w", "x", "w", "x.__iadd__(w)"}),
        ("x - w", {"x + w", "x", "w", "-w", "w - x", "x.__isub__(w)"}),
        ("x / w", {"x * w", "x", "w", "w / x"}),
        ("x @ w", {"x * w", "w @ x"}),
        ("x ** 2", {"x", "x * 2", "2 ** x", "x ** 1", "x ** 3", "x ** 0", "x ** 4", "x ** 2.002"}),
        ("x > w", {"x >= w", "x < w", "x <= w", "x == w", "x != w", "True", "False"}),
        ("x is None", {"x is not None"}),
        ("x and w", {"x or w", "x", "w"}),
        ("x & w", {"x | w", "x", "w"}),
        ("-x", {"x"}),
        ("not x", {"x"}),
        ("x if w else axis", {"axis if w else x", "x", "axis"}),
        ("0.01", {"0.0", "1.0", "-1.0", "0.02", "0.005", "-0.01"}),
        ("0", {"1", "-1"}),
        ("x.sum(axis=1)", {"x.sum(axis=0)", "x.sum(axis=-1)", "x.sum()", "x.mean(axis=1)", "x"}),
        ("x.sum(keepdims=True)", {"x.sum(keepdims=False)", "x.sum()"}),
        ("np.max(x)", {"np.min(x)", "x"}),
        ("np.where(x, w, 1)", {"np.where(w, x, 1)", "np.where(x, 1, w)", "np.where(w, 1)", "np.where(x, w)"}),
        ("x.T", {"x"}),
        ("x[1:w]", {"x[:w]", "x[1:]", "x"}),
        ("(x, w)", {"(w, x)", "(-x, w)", "(x, -w)"}),
        ('x["m"] + x["v"]', {"x['v'] + x['v']", "x['m'] + x['m']", "x[''] + x['v']"}),
    ],
)
def test_an_expression_is_changed_in_every_way(expression, wanted):
    assert wanted <= changes(expression)


def test_a_name_is_changed_to_the_function_s_other_names_only():
    assert {"w", "axis"} <= changes("x")
    assert "np" not in changes("np.exp(x)")


def test_a_parameter_is_also_taken_for_a_constant():
    assert {"0", "1"} <= changes("x")
    assert not {"0", "1"} & changes("y")


def test_zero_has_no_sign_and_symmetric_functions_no_order():
    assert not {"-0", "-0.0"} & (changes("0") | changes("0.0") | changes("(0, 0.0)"))
    assert "np.maximum(0, x)" not in changes("np.maximum(x, 0)")


def test_a_statement_is_removed():
    assert ("pass", "return x") in body_changes("x = 1", "return x")


def test_an_augmented_assignment_is_changed():
    changed = body_changes("x += w", "return x")
    assert {("x -= w", "return x"), ("x = w", "return x")} <= changed


def test_a_condition_is_negated_or_decided():
    changed = body_changes("if x:", "    w = 1", "return w")
    assert {("if not x:", "w = 1", "return w"), ("if False:", "w = 1", "return w")} <= changed


def test_statements_change_places_where_that_matters():
    assert ("w = x", "x = 1", "return w") in body_changes("x = 1", "w = x", "return w")
    assert ("w = 2", "x = 1", "return w") not in body_changes("x = 1", "w = 2", "return w")


def test_docstrings_and_annotations_stay():
    text = 'def f(x: int = 1) -> int:\n    """Return x."""\n    return x\n'
    for mutant in MutableSource(text).mutants({"f"}):
        definition = ast.parse(mutant.code).body[0]
        assert ast.get_docstring(definition) == "Return x."
        assert ast.unparse(definition.returns) == ast.unparse(definition.args.args[0].annotation) == "int"


def test_mutants_compile_and_read_differently():
    mutants = MutableSource(MODULE).mutants({"kernel", "helper", "SCALE"})
    codes = [(mutant.definition, mutant.code) for mutant in mutants]
    assert len(set(codes)) == len(codes)
    for _, code in codes:
        compile(code, "<mutant>", "exec")


def test_what_does_not_compile_is_no_mutant():
    assert "g()" in changes("g(*x)")
    assert "*x" not in changes("g(*x)")


def test_only_the_named_definitions_are_changed_at_their_lines():
    mutants = MutableSource(MODULE).mutants({"kernel", "SCALE"})
    assert {mutant.definition for mutant in mutants} == {"kernel", "SCALE"}
    lines = MODULE.splitlines()
    assert {lines[mutant.line - 1] for mutant in mutants if mutant.definition == "SCALE"} == {"SCALE = 2.0"}
    assert any(lines[mutant.line - 1] == "    return y - w" for mutant in mutants)


def test_what_a_kernel_uses_counts_with_it():
    source = MutableSource(MODULE)
    assert source.used_by(["kernel"]) == {"kernel", "helper", "SCALE"}
    assert source.used_by(["unused"]) == {"unused"}


def test_a_replaced_source_runs_with_the_change():
    source = MutableSource(MODULE)
    mutant = next(m for m in source.mutants({"helper"}) if "a / SCALE" in m.code)
    namespace = {}
    exec(source.replaced(mutant), namespace)
    assert namespace["kernel"](8, 1) == 3


def test_a_text_s_difference_is_the_definition_that_reads_otherwise():
    source = MutableSource(MODULE)
    name, code = source.difference(MODULE.replace("y - w", "y  +  (w)"))
    assert name == "kernel"
    assert "return y + w" in code


@pytest.mark.parametrize(("old", "new"), [("y - w", "(y - w)"), ("a", "b")])
def test_a_difference_in_none_or_several_definitions_is_refused(old, new):
    with pytest.raises(AuthoringError, match="but should change one"):
        MutableSource(MODULE).difference(MODULE.replace(old, new))
