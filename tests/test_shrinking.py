import numpy as np
import pytest

from grader import shrinking
from grader.core.protocol import TimedOut
from grader.core.reductions import STEPS, Reductions
from grader.mistakes import shows_fault
from grader.sandbox import Answers, InlineWorker
from grader.shrinking import _Search, shrink


def smallest(tiny, name, **changed):
    finding = tiny.find(name, **changed)
    assert shows_fault(finding)
    return finding, shrink(tiny.pair, finding, InlineWorker(tiny.functions(**changed)))


def wide(x, w):
    z = x - x.mean(0)
    return z * w * (1 if x.shape[1] < 3 else 2), (z, w)


def negative(x, w):
    z = x - x.mean(0)
    return np.where(z < -20, 0, z * w), (z, w)


def first_row(x, w):
    return (x - x[0]) * w, (x, w)


WRONG = {
    "wide": ("centre_forward/values", {"centre_forward": wide}),
    "negative": ("centre_forward/values", {"centre_forward": negative}),
    "first row": ("centre_forward/values", {"centre_forward": first_row}),
    "no mean": ("centre_backward/gradient", {"centre_backward": lambda dy, c: (dy * c[1], (dy * c[0]).sum(0))}),
    "late": ("momentum/trajectory", {"momentum": lambda w, g, state, lr, beta: (w, state)}),
    "argmin": ("argmax/values", {"argmax": lambda z: z.argmin(1)}),
    "last": ("argmax/values", {"argmax": lambda z: z.shape[1] - 1 - z[:, ::-1].argmax(1)}),
    "raises": ("jitter/values", {"jitter": lambda x, p, rng: x / (1 if x.ndim else None)}),
}


@pytest.mark.parametrize("kind", WRONG)
def test_the_smallest_case_fails_and_is_no_larger_than_any_planned_one(tiny, kind):
    name, changed = WRONG[kind]
    finding, found = smallest(tiny, name, **changed)
    assert shows_fault(found)
    (case,) = found.plan.cases
    probes = finding.plan.probes
    planned = [finding.plan.cases[probes[i].case] for i in np.flatnonzero(finding.wrong_probes & finding.plain)]
    assert case.weight <= min(other.weight for other in planned)


@pytest.mark.parametrize("first", [1, 2, 3, 4])
def test_a_fault_of_a_later_step_needs_all_steps_before_it(tiny, first):
    """Of an odd number of steps halves are tried that are not of the same length."""

    def tires(w, g, state, lr=0.1, beta=0.9):
        count = state.get("count", 0)
        right, state = tiny.functions()["momentum"](w, g, state, lr, beta)
        return right + (count >= first), {**state, "count": count + 1}

    _, found = smallest(tiny, "momentum/trajectory", momentum=tires)
    (case,) = found.plan.cases
    assert shows_fault(found)
    assert [len(case.inputs["g"]), case.inputs["w"].size] == [first + 1, 1]


def test_cases_of_different_numbers_of_steps_are_asked_together(tiny):
    rising = {"momentum": lambda w, g, state, lr=0.1, beta=0.9: (w + 1.0, state)}
    finding = tiny.find("momentum/trajectory", **rising)
    case = finding.plan.cases[0]
    reductions = Reductions(tiny.pair.exercise, finding.plan.check, case)
    [steps] = [axis for axis in reductions.axes(case) if axis.name == STEPS]
    shorter = [reductions.kept(case, steps, range(count)) for count in (3, 1, 2, 3)]
    search = _Search(tiny.pair, finding.plan, InlineWorker(tiny.functions(**rising)))
    assert search.seem_to_fail(shorter, ("value", "")) == [True] * 4


@pytest.mark.parametrize("kind", ["wide", "negative", "late"])
def test_shrinking_gives_the_same_case_every_time(tiny, kind):
    name, changed = WRONG[kind]
    first, second = (smallest(tiny, name, **changed)[1].plan for _ in range(2))
    assert repr(first.cases) == repr(second.cases)
    assert first.frame == second.frame


def test_a_small_fault_is_shown_on_a_small_case(tiny):
    (case,) = smallest(tiny, *WRONG["first row"][:1], **WRONG["first row"][1])[1].plan.cases
    assert case.sizes == {"n": 2, "d": 1}


def test_a_fault_far_from_the_ladder_is_shown_on_a_small_case(tiny):
    def clipped(x, p, rng):
        return np.clip(x, -90, 90)

    _, found = smallest(tiny, "jitter/values", jitter=clipped)
    (case,) = found.plan.cases
    assert np.abs(case.inputs["x"]).max() > 90
    assert case.inputs["x"].size <= 2


def test_a_limit_ends_the_search(tiny):
    finding = tiny.find("argmax/values", argmax=lambda z: z.argmin(1))

    class Slow(InlineWorker):
        def run_frame(self, frame, steps, *, seconds=None):
            return Answers([TimedOut(2.0)] * steps, b"")

    assert shrink(tiny.pair, finding, Slow({})) is None


def test_a_failure_that_was_a_limit_is_not_searched(tiny):
    from grader.checks.findings import find

    plan = tiny.plan("argmax/values")
    finding = find(plan, Answers([TimedOut(2.0)] * plan.steps, b""))
    assert shrink(tiny.pair, finding, None) is None


def test_the_search_is_bounded_in_calls(tiny, monkeypatch):
    finding = tiny.find("jitter/values", jitter=lambda x, p, rng: np.where(np.abs(x) > 20, 0, x))
    asked = []

    class Counting(InlineWorker):
        def run_frame(self, frame, steps, *, seconds=None):
            asked.append(steps)
            return super().run_frame(frame, steps, seconds=seconds)

    monkeypatch.setattr(shrinking, "MAX_CALLS", 7)
    shrink(tiny.pair, finding, Counting(tiny.functions()))
    assert len(asked) <= 1 + 7


def test_a_function_that_fails_beside_other_calls_only_is_shown_where_it_fails_alone(tiny):
    before = []

    def remembers(x, w):
        """Return what is right for one row, unless another call came shortly before."""
        before.append(len(x))
        z = x - x.mean(0)
        alone = len(before) == 1
        return z * w + (0 if alone and len(x) == 1 else 1), (z, w)

    class Forgetful(InlineWorker):
        def run_frame(self, frame, steps, *, seconds=None):
            before.clear()
            return super().run_frame(frame, steps, seconds=seconds)

    finding = tiny.find("centre_forward/values", centre_forward=remembers)
    found = shrink(tiny.pair, finding, Forgetful(tiny.functions(centre_forward=remembers)))
    assert found.plan.cases[0].sizes["n"] > 1
    assert shows_fault(found)


def test_a_case_that_raises_is_reduced_to_one_that_raises_the_same(tiny):
    def fussy(z):
        if z.shape[1] < 2:
            raise IndexError("a second class is needed")
        if len(z) > 2:
            raise ValueError("too many rows")
        return z.argmax(1)

    finding = tiny.find("argmax/values", argmax=fussy)
    found = shrink(tiny.pair, finding, InlineWorker(tiny.functions(argmax=fussy)))
    rows, columns = found.plan.cases[0].inputs["z"].shape
    message = found.failures[0].message
    assert ("IndexError" in message and columns == 1) or ("ValueError" in message and rows == 3)
