import numpy as np
import pytest

from grader.checks.verdicts import PURITY_POINTS, SHAPE_POINTS, Explanation, claims, judge_answers, without_running
from grader.core.verdict import Counterexample, Outcome

EXAMPLE = Counterexample(inputs={}, actual="", expected="", code="")


def judge(tiny, name, explanation=None, **changed):
    """Return the verdicts of one check's function, whether it is right, and how often an explanation was asked for."""
    asked = []

    def explain(finding):
        asked.append(finding)
        return explanation or Explanation()

    verdicts, right = judge_answers(name.partition("/")[0], [tiny.find(name, **changed)], explain)
    return {verdict.check.partition("/")[2]: verdict for verdict in verdicts}, right, len(asked)


def outcomes(verdicts):
    return {slug: str(verdict.outcome) for slug, verdict in verdicts.items()}


def backward(dy, cache):
    z, w = cache
    dz = dy * w
    return dz - dz.mean(0), (dy * z).sum(0)


def test_right_answers_earn_every_point_without_an_explanation(tiny):
    verdicts, right, asked = judge(tiny, "centre_backward/gradient")
    assert outcomes(verdicts) == {"shape": "passed", "gradient": "passed", "purity": "passed"}
    assert [verdict.points for verdict in verdicts.values()] == [SHAPE_POINTS, 3.0, PURITY_POINTS]
    assert (right, asked) == (True, 0)


def test_wrong_answers_are_explained_and_purity_waits(tiny):
    explanation = Explanation("a mistake", "a hint", EXAMPLE)
    verdicts, right, asked = judge(tiny, "jitter/values", explanation, jitter=lambda x, p, rng: x + 1)
    assert outcomes(verdicts) == {"shape": "passed", "values": "failed", "purity": "skipped"}
    values = verdicts["values"]
    assert (values.points, values.mistake, values.hint, values.counterexample) == (0, "a mistake", "a hint", EXAMPLE)
    cases = len(tiny.plan("jitter/values").cases)
    assert values.message.endswith(f"wrong in {cases} of {cases} cases)")
    assert verdicts["purity"].message == "its answers are not right yet"
    assert (right, asked) == (False, 1)


def test_a_wrong_shape_comes_first_and_says_with_which_sizes(tiny):
    verdicts, right, _ = judge(tiny, "argmax/values", argmax=lambda z: z.argmax(1)[:, None])
    assert outcomes(verdicts) == {"shape": "failed", "values": "skipped", "purity": "skipped"}
    assert verdicts["shape"].message == "k.shape=(1, 1), but should be (1,) (with n=1, c=1)"
    assert verdicts["values"].message == "number, shape or type of the results is wrong"
    assert not right


def test_a_wrong_shape_may_be_a_known_mistake(tiny):
    explanation = Explanation("squeezed", "keep the axis", EXAMPLE)
    verdicts, _, _ = judge(tiny, "argmax/values", explanation, argmax=lambda z: z.argmax(1)[:, None])
    assert (verdicts["shape"].mistake, verdicts["shape"].hint) == ("squeezed", "keep the axis")
    unknown, _, _ = judge(tiny, "argmax/values", Explanation(None, "about values", EXAMPLE), argmax=lambda z: z)
    assert (unknown["shape"].mistake, unknown["shape"].hint) == (None, "")


def test_an_exception_leaves_shape_open_where_nothing_returned(tiny):
    verdicts, _, _ = judge(tiny, "argmax/values", argmax=lambda z: 1 // 0)
    assert outcomes(verdicts) == {"shape": "skipped", "values": "failed", "purity": "skipped"}
    assert verdicts["values"].message.startswith("argmax raised ZeroDivisionError: ")


def test_an_exception_in_some_cases_is_counted(tiny):
    def fragile(z):
        return [].pop() if z.shape[1] == 1 else z.argmax(1)

    verdicts, _, _ = judge(tiny, "argmax/values", argmax=fragile)
    cases = tiny.plan("argmax/values").cases
    narrow = sum(case.sizes["c"] == 1 for case in cases)
    assert outcomes(verdicts)["shape"] == "passed"
    assert "argmax raised IndexError: pop from empty list (line " in verdicts["values"].message
    assert verdicts["values"].message.endswith(f"wrong in {narrow} of {len(cases)} cases)")


def test_single_precision_is_a_remark(tiny):
    verdicts, right, _ = judge(tiny, "jitter/values", jitter=lambda x, p, rng: x.astype(np.float32).astype(float))
    assert right
    assert verdicts["values"].remarks == ["answers are right to single precision only; float64 is expected"]


def test_a_warning_is_a_remark_where_calls_may_be_noisy(tiny):
    def noisy(x, p, rng):
        np.log(np.zeros(1))
        return x.copy()

    verdicts, right, _ = judge(tiny, "jitter/values", jitter=noisy)
    assert right
    assert verdicts["values"].remarks == ["jitter raised a warning: RuntimeWarning: divide by zero encountered in log"]


def test_a_warning_fails_where_calls_must_be_quiet(make_course):
    lab = make_course(
        exercise="""
        from grader.authoring import Exercise, function, matches
        exercise = Exercise(title="Q", functions=(function("f: x(n) -> y(n)"),), checks=(matches("f", quiet=True),))
        """,
        solution="def f(x):\n    return x + 0\n",
    )

    def noisy(x):
        np.log(np.zeros(1))
        return x.copy()

    verdicts, right, asked = judge(lab, "f/values", f=noisy)
    assert not right
    assert asked == 1
    assert verdicts["values"].message == (
        "the values are right, but some call raised RuntimeWarning: divide by zero encountered in log"
    )


def test_a_changed_input_is_impure_even_where_answers_are_wrong(tiny):
    def in_place(x, p, rng):
        x += 1
        return x

    verdicts, _, _ = judge(tiny, "jitter/values", jitter=in_place)
    assert outcomes(verdicts) == {"shape": "passed", "values": "failed", "purity": "failed"}
    assert verdicts["purity"].message == "jitter changes its input x"
    assert "work on a copy" in verdicts["purity"].hint


@pytest.mark.parametrize(
    ("keep", "sentence"),
    [
        (lambda x: x.flags.c_contiguous or not x.flags.f_contiguous, "is wrong for a Fortran-ordered array"),
        (lambda x: min(x.strides, default=8) == 8, "is wrong for a strided view"),
        (lambda x: x.flags.writeable, "is wrong for a read-only array: it may be writing to its input"),
        (lambda x: min(x.strides, default=0) >= 0, "is wrong for an array with negative strides"),
    ],
)
def test_a_memory_layout_that_matters_is_impure(tiny, keep, sentence):
    verdicts, right, _ = judge(tiny, "jitter/values", jitter=lambda x, p, rng: x + (0 if keep(x) else 1))
    assert outcomes(verdicts) == {"shape": "passed", "values": "passed", "purity": "failed"}
    assert sentence in verdicts["purity"].message
    assert " but should be " in verdicts["purity"].message
    assert right


def test_a_dependence_on_earlier_calls_is_impure(tiny):
    class Shared:
        """A momentum whose velocity is kept on the function instead of in the state."""

        velocity: object = None

        def __call__(self, w, g, state, lr, beta):
            if not state:
                self.velocity = 0 * g
            if np.shape(self.velocity) != g.shape:
                self.velocity = 0 * g
            self.velocity = beta * self.velocity + (1 - beta) * g
            return w - lr * self.velocity, {"t": state.get("t", 0) + 1}

    verdicts, _, _ = judge(tiny, "momentum/trajectory", momentum=Shared())
    assert outcomes(verdicts) == {"shape": "passed", "trajectory": "passed", "purity": "failed"}
    assert "when two runs take turns: their state or caches mix" in verdicts["purity"].message


def test_the_claims_about_a_function_have_names_and_points(tiny):
    checks = tiny.pair.exercise.checks_of("jitter")
    assert [(slug, points) for slug, _, points in claims(checks)] == [
        ("shape", SHAPE_POINTS),
        ("values", 2.0),
        ("keeps-the-shape", 1.0),
        ("is-reproducible-from-rng", 1.0),
        ("purity", PURITY_POINTS),
    ]
    verdicts = without_running("jitter", checks, Outcome.SKIPPED, "why")
    assert {(verdict.outcome, verdict.points, verdict.message) for verdict in verdicts} == {
        (Outcome.SKIPPED, 0.0, "why")
    }


def test_properties_alone_have_no_shape_or_purity_of_their_own(tiny):
    properties = tiny.pair.exercise.checks_of("jitter")[1:]
    assert [slug for slug, _, _ in claims(properties)] == ["keeps-the-shape", "is-reproducible-from-rng"]
