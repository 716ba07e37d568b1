import numpy as np
import pytest

from grader.checks.findings import find, limit_message
from grader.core.protocol import Died, TimedOut
from grader.mistakes import InlineAnswers, InlineCaller


def backward(dy, cache):
    z, w = cache
    dz = dy * w
    return dz - dz.mean(0), (dy * z).sum(0)


def test_right_answers_are_right_in_every_variant(tiny):
    for name in ("centre_forward/values", "centre_backward/gradient", "momentum/trajectory", "argmax/values"):
        found = tiny.find(name)
        assert found.right
        assert not found.wrong_probes.any()
        assert not found.single
        assert found.remarks == ()
        assert set(np.unique([probe.variant for probe in found.plan.probes])) == {
            "plain", "repeated", "interleaved", "F", "strided", "reversed", "readonly"
        }  # fmt: skip


def test_integer_results_are_read_as_integers(tiny):
    found = tiny.find("argmax/values", argmax=lambda z: (z.argmax(1) + 1) % z.shape[1])
    assert not found.right
    assert np.array_equal(found.actual, np.round(found.actual))
    assert found.actual.max() >= 1


def test_single_precision_passes_with_a_remark(tiny):
    found = tiny.find("centre_backward/gradient", centre_backward=lambda dy, cache: backward(
        dy.astype(np.float32), [part.astype(np.float32) for part in cache]
    ))  # fmt: skip
    assert found.right
    assert found.single
    assert "in single precision" in found.remarks[0]


def test_half_precision_does_not_pass(tiny):
    assert not tiny.find("jitter/values", jitter=lambda x, p, rng: x.astype(np.float16)).right


def test_cancellation_does_not_pass(tiny):
    def cancelling(x, w):
        shifted = x + 1e13
        z = shifted - shifted.mean(0)
        return z * w, (z, w)

    assert not tiny.find("centre_forward/values", centre_forward=cancelling).right


def test_a_misplaced_epsilon_does_not_pass(tiny):
    def with_epsilon(x, w):
        z = x - x.mean(0)
        return z * w + 1e-5 * w, (z, w)

    assert not tiny.find("centre_forward/values", centre_forward=with_epsilon).right


def test_other_roundings_of_the_same_formula_pass(tiny):
    def summed(x, w):
        z = x - np.array([sum(column) for column in x.T]) / len(x)
        return w * z, (z, w)

    found = tiny.find("centre_forward/values", centre_forward=summed)
    assert found.right
    assert not found.single


def test_a_single_wrong_element_is_found(tiny):
    def almost(dy, cache):
        dx, dw = backward(dy, cache)
        if dx.shape[0] == 5:
            dx[-1, -1] += 1 + abs(dx[-1, -1])
        return dx, dw

    found = tiny.find("centre_backward/gradient", centre_backward=almost)
    plain_wrong = [probe for i, probe in enumerate(found.plan.probes) if found.wrong_probes[i]]
    assert {found.plan.cases[probe.case].sizes["n"] for probe in plain_wrong} == {5}
    assert found.bad.sum() == len(plain_wrong)


def test_one_raising_case_leaves_the_others_compared(tiny):
    def fragile(z):
        if len(z) == 1:
            raise ValueError("no row to spare")
        return z.argmax(1)

    found = tiny.find("argmax/values", argmax=fragile)
    assert {failure.kind for failure in found.failures.values()} == {"raised"}
    assert all(found.plan.cases[found.plan.probes[i].case].sizes["n"] == 1 for i in found.failures)
    assert found.wrong_probes.sum() == len(found.failures)
    assert "argmax raised ValueError: no row to spare (line " in next(iter(found.failures.values())).message


@pytest.mark.parametrize(
    ("function", "kind", "message"),
    [
        (lambda z: None, "nothing", "argmax returned None"),
        (lambda z: z.argmax(1)[:, None], "contract", r"k.shape=\(\d, 1\), but should be"),
        (lambda z: z.argmax(1).astype(float), "contract", "k has dtype float64, but should hold integers"),
    ],
)
def test_a_wrong_form_is_a_failure_of_every_probe(tiny, function, kind, message):
    found = tiny.find("argmax/values", argmax=function)
    assert len(found.failures) == len(found.plan.probes)
    assert {failure.kind for failure in found.failures.values()} == {kind}
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(found.failures[0].message)


def test_not_implemented_is_told_from_other_exceptions(tiny):
    def later(z):
        raise NotImplementedError

    found = tiny.find("argmax/values", argmax=later)
    assert {failure.kind for failure in found.failures.values()} == {"unfilled"}
    assert found.failures[0].message == "argmax is not implemented yet"


def test_a_changed_input_is_named(tiny):
    def in_place(x, w):
        x -= x.mean(0)
        return x * w, (x.copy(), w)

    assert list(tiny.find("centre_forward/values", centre_forward=in_place).mutated) == ["x"]


def test_a_cache_may_be_changed_by_its_owner(tiny):
    def forward(x, w):
        z = x - x.mean(0)
        return z * w, np.concatenate([z, w[None]])

    def consuming(dy, cache):
        z, w = cache[:-1].copy(), cache[-1].copy()
        cache[:] = 0
        return backward(dy, (z, w))

    found = tiny.find("centre_backward/gradient", centre_forward=forward, centre_backward=consuming)
    assert found.right
    assert found.mutated == {}


def test_a_weight_changed_in_place_by_a_step_is_named(tiny):
    def step(w, g, state, lr, beta):
        v = beta * state.get("v", 0) + (1 - beta) * g
        w -= lr * v
        return w, {"v": v}

    assert list(tiny.find("momentum/trajectory", momentum=step).mutated) == ["w"]


def test_warnings_are_noted_by_probe(tiny):
    def noisy(x, p, rng):
        np.log(np.zeros(1))
        return x

    found = tiny.find("jitter/values", jitter=noisy)
    assert found.right
    assert len(found.noisy_probes) == len(found.plan.probes)
    assert found.noisy_probes[0] == "RuntimeWarning: divide by zero encountered in log"


def test_a_dependence_on_earlier_calls_shows_in_a_variant(tiny):
    class Drifting:
        def __init__(self):
            self.seen = []

        def __call__(self, x, p, rng):
            again = any(np.array_equal(x, other) for other in self.seen)
            self.seen.append(x.copy())
            return x + again

    found = tiny.find("jitter/values", jitter=Drifting())
    wrong = {probe.variant for i, probe in enumerate(found.plan.probes) if found.wrong_probes[i]}
    assert "repeated" in wrong


def test_a_limit_is_a_failure_of_every_call_after_it(tiny):
    plan = tiny.plan("argmax/values")
    answers = InlineCaller(tiny.functions()).run_frame(plan.frame, plan.steps)
    size = sum(trace.nbytes for trace in answers.traces[:3])
    cut = InlineAnswers([*answers.traces[:3], *[TimedOut(2.0)] * (plan.steps - 3)], answers.payload[:size])
    found = find(plan, cut)
    assert sorted(found.failures) == list(range(3, len(plan.probes)))
    assert {failure.kind for failure in found.failures.values()} == {"limit"}


@pytest.mark.parametrize(
    ("trace", "message"),
    [
        (TimedOut(2.5), "f did not finish within 2.5 s"),
        (TimedOut(10 / 3), "f did not finish within 3.33 s"),
        (TimedOut(120.0, "total"), "f did not finish before the 120 s of the whole submission were used up"),
        (TimedOut(10.0, "cpu"), "f did not finish within 10 s of processor time"),
        (Died("it used more than 512 MB"), "f ended the worker: it used more than 512 MB"),
    ],
)
def test_a_limit_in_words(trace, message):
    assert limit_message("f", trace) == message
