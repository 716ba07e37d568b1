import numpy as np
import pytest

from grader.authoring import Exercise, function, gradient, labels, matches, torch
from grader.core.verdict import Outcome
from grader.errors import AuthoringError
from grader.torch_oracle import torch_functions


def exercise(*signatures, checks=(), oracle=None):
    return Exercise(title="T", name="t", functions=tuple(map(function, signatures)), checks=checks, oracle=oracle or {},
                    inputs={"t": labels("c")})  # fmt: skip


def affine(x, w):
    return torch.tanh(x @ w)


RNG = np.random.default_rng(0)
X, W, DY = RNG.standard_normal((4, 3)), RNG.standard_normal((3, 2)), RNG.standard_normal((4, 2))
DZ = DY * (1 - np.tanh(X @ W) ** 2)


def test_a_backward_with_a_cache_is_differentiated():
    functions = torch_functions(
        exercise(
            "forward: x(n,d), w(d,k) -> y(n,k), cache", "backward: dy(n,k), cache -> dx(n,d), dw(d,k)",
            checks=(gradient("backward", of="forward"),), oracle={"forward": affine},
        )
    )  # fmt: skip
    y, cache = functions["forward"](X, W)
    dx, dw = functions["backward"](DY, cache)
    np.testing.assert_allclose(y, np.tanh(X @ W), rtol=1e-14)
    np.testing.assert_allclose(dx, DZ @ W.T, rtol=1e-12)
    np.testing.assert_allclose(dw, X.T @ DZ, rtol=1e-12)
    np.testing.assert_allclose(functions["backward"](DY, cache)[0], dx, rtol=0)


def test_a_backward_of_inputs_is_differentiated():
    functions = torch_functions(
        exercise(
            "forward: x(n,d), w(d,k) -> y(n,k)", "backward: dy(n,k), x(n,d), w(d,k) -> dw(d,k)",
            checks=(gradient("backward", of="forward"),), oracle={"forward": affine},
        )
    )  # fmt: skip
    np.testing.assert_allclose(functions["backward"](DY, X, W), X.T @ DZ, rtol=1e-12)


def test_a_loss_gets_its_gradient():
    def cross_entropy(z, t):
        return torch.nn.functional.cross_entropy(z, t)

    functions = torch_functions(
        exercise(
            "loss: z(n,c), t(n):int -> value, dz(n,c)", checks=(gradient("loss", of="loss", results=["dz"]),),
            oracle={"loss": cross_entropy},
        )
    )  # fmt: skip
    z, t = RNG.standard_normal((5, 3)), np.array([0, 2, 1, 1, 0])
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    value, dz = functions["loss"](z, t)
    np.testing.assert_allclose(value, -np.log(p[np.arange(5), t]).mean(), rtol=1e-13)
    np.testing.assert_allclose(dz, (p - np.eye(3)[t]) / 5, rtol=1e-12)


def test_an_input_that_does_not_matter_has_a_zero_gradient():
    functions = torch_functions(
        exercise(
            "forward: x(n), b(n) -> y(n), cache", "backward: dy(n), cache -> dx(n), db(n)",
            checks=(gradient("backward", of="forward"),), oracle={"forward": lambda x, b: 3 * x},
        )
    )  # fmt: skip
    _, cache = functions["forward"](np.ones(2), np.ones(2))
    dx, db = functions["backward"](np.ones(2), cache)
    assert (dx.tolist(), db.tolist()) == ([3, 3], [0, 0])


def test_a_function_without_oracle_or_gradient_is_named():
    lonely = exercise("f: x(n) -> y(n)", checks=(matches("f"),))
    with pytest.raises(AuthoringError, match=r"t: no torch oracle for f; add it to oracle=, or a gradient\(…, of=…\)"):
        torch_functions(lonely)


def test_an_upstream_gradient_of_no_result_is_named():
    odd = exercise(
        "forward: x(n) -> y(n), cache", "backward: dz(n), cache -> dx(n)",
        checks=(gradient("backward", of="forward"),), oracle={"forward": lambda x: x},
    )  # fmt: skip
    with pytest.raises(AuthoringError, match="t: backward takes none of dy, so autograd cannot answer for it"):
        torch_functions(odd)


@pytest.mark.parametrize("result", ["dv(n)", "x(n)"])
def test_a_result_that_is_no_gradient_of_an_input_is_named(result):
    odd = exercise(
        "forward: x(n) -> y(n), cache", f"backward: dy(n), cache -> {result}",
        checks=(gradient("backward", of="forward"),), oracle={"forward": lambda x: x},
    )  # fmt: skip
    functions = torch_functions(odd)
    _, cache = functions["forward"](np.ones(2))
    with pytest.raises(
        AuthoringError, match="of backward is the gradient of none of x; name it dx, or add the function"
    ):
        functions["backward"](np.ones(2), cache)


def test_a_course_without_solutions_judges_by_autograd(tiny, make_course):
    lab = make_course(solution=None)
    assert lab.pair.solution is None
    right = tiny.pair.solution.functions

    def backward(dy, cache):
        return dy * cache[1], (dy * cache[0]).sum(0)

    from grader.core.submission import Submission
    from grader.sandbox import InlineWorker

    def outcomes(**changed):
        report = lab.judge.grade(Submission(student="ada", files=[]), InlineWorker({**right, **changed}))
        return {verdict.check: verdict for verdict in report.verdicts}

    assert {verdict.outcome for verdict in outcomes().values()} == {Outcome.PASSED}
    assert all(not verdict.remarks for verdict in outcomes().values())
    wrong = outcomes(centre_backward=backward)["centre_backward/gradient"]
    assert wrong.outcome is Outcome.FAILED
    assert wrong.mistake is None
    assert wrong.hint == "two paths lead to x"
