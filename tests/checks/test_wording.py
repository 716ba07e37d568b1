import contextlib
import io
import sys
import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.authoring import Seed
from grader.checks.wording import answers_text, literal, number, printed, snippet, worst_element
from grader.core.cases import Case


def wrong_probes(found):
    return [int(i) for i in np.flatnonzero(found.wrong_probes & found.plain)]


def test_the_worst_element_is_named_with_both_values(tiny):
    def one_off(z):
        k = z.argmax(1)
        return k + (np.arange(len(k)) == 2)

    found = tiny.find("argmax/values", argmax=one_off)
    probes = [i for i in wrong_probes(found) if found.plan.target.shapes[i][0] == (3,)]
    actual, wanted = found.actual[found.elements(probes[0])][2], found.plan.target.low[found.elements(probes[0])][2]
    text = worst_element(found, probes[:1])
    assert text.startswith(f"k[2] = {actual:.4g}, but should be {wanted:.4g} (1 of 3 differ, tolerance ")


def test_the_worst_of_all_probes_is_taken(tiny):
    def off(x, p, rng):
        return x + (1000.0 if x.size == 1 else 1.0)

    found = tiny.find("jitter/values", jitter=off)
    probes = wrong_probes(found)
    errors = {i: np.abs(found.actual - found.plan.target.low)[found.elements(i)].max() for i in probes}
    units = found.plan.target.unit + 1e-300
    worst = max(probes, key=lambda i: (errors[i] / units[found.elements(i)]).max())
    assert worst_element(found, probes) == worst_element(found, [worst])
    assert errors[worst] == 1000


def test_nan_counts_as_the_worst(tiny):
    found = tiny.find("jitter/values", jitter=lambda x, p, rng: np.where(x == x.max(), np.nan, x + 1))
    assert " = nan, but should be " in worst_element(found, wrong_probes(found))


def test_a_step_of_a_trajectory_is_counted(tiny):
    class Late:
        def __call__(self, w, g, state, lr, beta):
            t = state.get("t", 0)
            v = beta * state.get("v", 0 * g) + (1 - beta) * g
            return w - lr * v + (t == 3), {"v": v, "t": t + 1}

    found = tiny.find("momentum/trajectory", momentum=Late())
    assert " at step 4 = " in worst_element(found, [wrong_probes(found)[0]])


def test_close_numbers_get_more_digits(tiny):
    found = tiny.find("jitter/values", jitter=lambda x, p, rng: x * 1.00001)
    actual, _, rest = worst_element(found, wrong_probes(found)).partition(" = ")[2].partition(", but should be ")
    assert float(actual) != float(rest.split(" ")[0])


def test_nothing_wrong_says_nothing(tiny):
    assert worst_element(tiny.find("jitter/values"), [0, 1]) == ""


@pytest.mark.parametrize(("value", "text"), [(1 / 3, "0.3333"), (1e-12, "1e-12"), (np.nan, "nan"), (-np.inf, "-inf")])
def test_numbers_for_people(value, text):
    assert number(value) == text


VALUES = st.one_of(
    hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=12), elements=st.floats()),
    hnp.arrays(np.int64, hnp.array_shapes(min_dims=1, max_dims=2, min_side=0), elements=st.integers(-(2**40), 2**40)),
    hnp.arrays(np.bool_, (3,)),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(),
    st.booleans(),
)


@given(VALUES)
def test_a_literal_gives_the_same_value_back(value):
    again = eval(literal(value, indent=4), {"np": np})
    assert type(again) is type(value)
    if isinstance(value, np.ndarray):
        assert again.dtype == value.dtype
        assert again.shape == value.shape
    np.testing.assert_array_equal(again, value)


def test_a_large_array_is_printed_in_full():
    assert eval(literal(np.arange(1500.0)), {"np": np})[750] == 750


def test_a_generator_is_written_with_its_seed():
    generator = eval(literal(Seed(7)), {"np": np})
    assert generator.random() == np.random.default_rng(7).random()


def test_long_arrays_are_shortened_for_people():
    assert "..." in printed(np.arange(100.0))
    assert "..." not in printed(np.arange(24.0))
    assert printed(np.array(1 / 3)) == "0.3333"


def run(code, **modules):
    """Run a snippet beside some modules of a student's functions and return what it prints."""
    namespace = {}
    for name, functions in modules.items():
        if name == "notebook":
            namespace.update(functions)
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(functions)
    shown = io.StringIO()
    try:
        with contextlib.redirect_stdout(shown):
            exec(code, namespace)
    finally:
        for name in modules:
            del sys.modules[name]
    return shown.getvalue(), namespace


def forward(x, w):
    return (x - x[0]) * w, (x - x[0], w)


def backward(dy, cache):
    return dy * cache[1], (dy * cache[0]).sum(0)


def ascent(w, g, state, lr, beta):
    v = beta * state.get("v", 0 * g) + (1 - beta) * g
    return w + lr * v, {"v": v}


@pytest.mark.parametrize(
    ("check", "functions"),
    [
        ("centre_forward/values", {"centre_forward": forward}),
        ("centre_backward/gradient", {"centre_backward": backward}),
        ("momentum/trajectory", {"momentum": ascent}),
        ("argmax/values", {"argmax": lambda z: z.argmin(1)}),
        ("jitter/values", {"jitter": lambda x, p, rng: x + 1 + 0 * rng.random()}),
    ],
)
def test_a_snippet_prints_the_wrong_value(tiny, check, functions):
    found = tiny.find(check, **functions)
    probe = wrong_probes(found)[0]
    case, calls = found.plan.cases[found.plan.probes[probe].case], found.plan.calls
    own = tiny.functions(**functions)
    shown, namespace = run(snippet(dict.fromkeys(own, "hw_snippet"), calls, case), hw_snippet=own)
    last = max(
        i for i, p in enumerate(found.plan.probes) if p.case == found.plan.probes[probe].case and p.variant == "plain"
    )
    results = [term.name for term in calls[-1].terms]
    printed_last = [namespace.get(f"new_{name}", namespace[name]) for name in results]
    flat = np.concatenate([np.ravel(value).astype(float) for value in printed_last])
    assert np.array_equal(flat, found.actual[found.elements(last)])
    assert all(str(value) in shown for value in printed_last)


def test_functions_are_imported_from_the_files_that_define_them(tiny):
    plan = tiny.plan("centre_backward/gradient")
    code = snippet({"centre_forward": "layers", "centre_backward": "grads"}, plan.calls, plan.cases[0])
    assert "from layers import centre_forward\nfrom grads import centre_backward\n" in code
    functions = tiny.functions()
    assert run(code, layers=functions, grads=functions)[0]


@pytest.mark.parametrize("module", ["", "hw-1", "class", "2nd"])
def test_what_cannot_be_imported_is_run_where_it_is_defined(tiny, module):
    plan = tiny.plan("centre_backward/gradient")
    code = snippet(dict.fromkeys(tiny.functions(), module), plan.calls, plan.cases[0])
    assert "# run this where you define centre_forward, centre_backward\n" in code
    assert run(code, notebook=tiny.functions())[0]


def test_answers_are_shown_per_result_that_differs(tiny):
    found = tiny.find("centre_backward/gradient", centre_backward=backward)
    actual, expected = answers_text(found, wrong_probes(found)[0])
    assert actual.startswith("dx = [")
    assert expected.startswith("dx = [")
    assert "dw" not in actual + expected


def test_a_failure_is_shown_with_what_should_be(tiny):
    found = tiny.find("argmax/values", argmax=lambda z: None)
    actual, expected = answers_text(found, 0)
    assert actual == "argmax returned None"
    assert expected == f"k = {found.plan.target.low[found.elements(0)].astype(float)}"


def test_the_inputs_of_a_snippet_are_all_there(tiny):
    plan = tiny.plan("jitter/values")
    case = Case({"x": np.ones((2, 1)), "p": 0.5, "rng": Seed(3)}, {}, "test")
    code = snippet({"jitter": "hw"}, plan.calls, case)
    assert "x = np.array([[1.],\n              [1.]])\n" in code
    assert "p = 0.5\nrng = np.random.default_rng(3)\n" in code
    assert code.endswith("y = jitter(x, p, rng)\nprint(y)\n")
