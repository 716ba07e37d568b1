import numpy as np
import pytest

from grader.core.edits import edit
from grader.core.protocol import Bind, encode
from grader.errors import AuthoringError
from grader.mistakes import InlineCaller, MistakeBook, shows_fault

BACKWARD = "centre_backward/gradient"


def named(tiny, check=BACKWARD, **changed):
    """Return which mistake is diagnosed where some functions are replaced, `None` where none is."""
    diagnosis = tiny.book.diagnose(tiny.find(check, **changed))
    return diagnosis and diagnosis.name


def right(dy, cache):
    z, w = cache
    dz = dy * w
    return dz - dz.mean(0), (dy * z).sum(0)


def single(function):
    """Return a function that computes in single precision and returns float64."""

    def answer(dy, cache):
        small = [part.astype(np.float32) for part in cache]
        return tuple(np.float64(part) for part in function(dy.astype(np.float32), small))

    return answer


def no_mean_path(dy, cache):
    return dy * cache[1], right(dy, cache)[1]


def mean_for_sum(dy, cache):
    return right(dy, cache)[0], (cache[0] * dy).sum(0) / len(dy)


def both(dy, cache):
    return no_mean_path(dy, cache)[0], mean_for_sum(dy, cache)[1]


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (no_mean_path, "mean path missing"),
        (mean_for_sum, "mean for sum"),
        (both, "mean path missing and mean for sum"),
        (single(no_mean_path), "mean path missing"),
        (single(mean_for_sum), "mean for sum"),
        (single(both), "mean path missing and mean for sum"),
    ],
)
def test_a_known_mistake_is_named_in_other_words_and_precisions(tiny, function, name):
    assert named(tiny, centre_backward=function) == name


def test_the_hint_of_a_pair_holds_both(tiny):
    diagnosis = tiny.book.diagnose(tiny.find(BACKWARD, centre_backward=both))
    assert diagnosis.hint == "x also moves the mean w is shared by all rows"


@pytest.mark.parametrize(
    "function", [right, single(right), lambda dy, cache: (right(dy, cache)[0] * (1 + 1e-15), right(dy, cache)[1])]
)
def test_right_answers_have_no_mistake(tiny, function):
    assert named(tiny, centre_backward=function) is None


@pytest.mark.parametrize(
    "function",
    [
        lambda dy, cache: (2 * dy, dy.sum(0)),
        lambda dy, cache: (dy * cache[1], right(dy, cache)[1] + 1),
        lambda dy, cache: (no_mean_path(dy, cache)[0] * (1 + 0.01), right(dy, cache)[1]),
        lambda dy, cache: no_mean_path(dy, cache) if len(dy) < 5 else right(dy, cache),
        lambda dy, cache: mean_for_sum(dy, cache) if len(dy) > 1 else (dy, dy[0]),
        lambda dy, cache: (dy * np.nan, dy[0] * np.nan),
        lambda dy, cache: (0 * dy, 0 * dy[0]),
        lambda dy, cache: (dy[:, :1], dy[0]),
        lambda dy, cache: None,
        lambda dy, cache: 1 / 0,
    ],
)
def test_an_unrelated_wrong_answer_is_never_named(tiny, function):
    assert named(tiny, centre_backward=function) is None


def test_each_known_mistake_is_recognised_by_its_own_check(tiny):
    checks = {
        "mean over everything": "centre_forward/values",
        "mean path missing": BACKWARD,
        "mean for sum": BACKWARD,
        "gradient not weighted": "momentum/trajectory",
        "ascent": "momentum/trajectory",
    }
    for mistake in tiny.book.mistakes:
        functions = tiny.book.functions((mistake,))
        assert named(tiny, checks[mistake.name], **functions) == mistake.name


def test_a_mistake_that_a_check_does_not_see_is_not_asked(tiny):
    ascent = next(m for m in tiny.book.mistakes if m.name == "ascent")
    assert tiny.book.finding(tiny.plan(BACKWARD), (ascent,)) is None
    assert shows_fault(tiny.book.finding(tiny.plan("momentum/trajectory"), (ascent,)))


def test_edits_that_exclude_each_other_make_no_pair(tiny):
    first = edit("dx = dz - dz.mean(0)", "dx = dz", name="a", hint="h")
    second = edit("dz - dz.mean(0)", "dz.mean(0)", name="b", hint="h")
    book = MistakeBook(tiny.pair)
    assert book.functions((first, second)) is None
    assert book.functions((second,)) is not None


def test_an_edit_that_does_not_apply_is_an_authors_fault(tiny):
    with pytest.raises(AuthoringError, match="mistake 'a': 'nowhere' occurs 0 times in the solution"):
        MistakeBook(tiny.pair).functions((edit("nowhere", "", name="a", hint="h"),))


def test_a_course_without_solutions_knows_no_mistakes(make_course):
    lab = make_course(solution=None)
    book = MistakeBook(lab.pair)
    assert book.mistakes == ()
    assert book.functions(()) is None


def test_only_scripts_of_the_expected_length_are_answered(tiny):
    plan = tiny.plan(BACKWARD)
    caller = InlineCaller(tiny.functions())
    for frame, steps in ((plan.frame, plan.steps + 1), (encode(Bind({})), 1)):
        with pytest.raises(AuthoringError, match=f"the frame should be a script of {steps} steps"):
            caller.run_frame(frame, steps)


QUIET = """
from grader.authoring import Exercise, function, matches, reals
exercise = Exercise(title="Q", functions=(function("f: x(n) -> y(n)"),), checks=(matches("f", quiet=True),))
"""
LOUD = """
import numpy as np
from grader.authoring import edit

def f(x):
    big = np.minimum(x, 700)
    return x + 0 * np.exp(big)

mistakes = [
    edit("np.minimum(x, 700)", "x", name="overflows", hint="clip first"),
    edit("return x +", "return 1 + x +", name="shifted", hint="no one asked for more"),
]
"""


def test_a_warning_is_a_mistake_only_where_calls_must_be_quiet(make_course):
    lab = make_course(exercise=QUIET, solution=LOUD)

    def loud(x):
        return x + 0 * np.where(np.isfinite(np.exp(x)), 1.0, 0.0)

    assert shows_fault(lab.find("f/values", f=loud))
    assert lab.book.diagnose(lab.find("f/values", f=loud)) is None
    assert lab.book.diagnose(lab.find("f/values", f=lambda x: x + 1)).name == "shifted"
    quiet = lab.book.diagnose(lab.find("f/values"))
    assert quiet is None
