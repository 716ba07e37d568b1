"""What only a process shows: the shipped example, what a warm run imports, and how it ends when it is interrupted."""

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from ..small_course import KERNELS
from .conftest import EXAMPLE, ROOT, report_in

SLOW = "torch", "hypothesis", "nbformat", "scipy", "pytest"


@pytest.fixture(scope="module")
def example(process, tmp_path_factory):
    folder = tmp_path_factory.mktemp("example")
    return process(EXAMPLE, "--format", "json=out.json", cwd=folder), folder


def test_example_shows_every_kind_of_verdict(example):
    end, folder = example
    assert end.code == 1
    report, checks = report_in(folder / "out.json")
    assert {exercise["status"] for exercise in report["exercises"]} == {"failed"}
    assert report["exercises"][0]["unfilled"] == ["selu_backward"]
    assert report["exercises"][0]["missing"] == ["softsign_backward"]
    mistakes = {check["function"]: check["mistake"] for check in checks.values() if check["mistake"]}
    assert mistakes == {
        "tanh_backward": "tanh_backward: 1 - y**2 fed the input",
        "softplus": "softplus: naive formula overflows",
        "softmax_cross_entropy": "gradient not divided by n",
        "net_loss": "net loss: regulariser's gradient forgotten",
        "batchnorm_backward": "batchnorm: variance path missing",
        "layernorm_forward": "layernorm over the batch axis",
        "dropout_backward": "mask not scaled in backward",
        "nesterov": "nesterov equal to momentum",
        "adam": "adam without bias correction",
    }
    assert checks["relu_backward/purity"]["message"] == "relu_backward changes its input dy"
    assert checks["layernorm_backward/gradient"]["outcome"] == "skipped"
    assert not any(check["outcome"] == "errored" for check in checks.values())
    wrong = {*mistakes, "relu_backward", "layernorm_backward", "selu_backward", "softsign_backward"}
    assert {check["function"] for check in checks.values() if check["points"] < check["max_points"]} == wrong


def test_example_is_told_on_one_page(example):
    end, _ = example
    assert end.out == ""
    assert len(end.err.splitlines()) <= 150
    assert "\x1b" not in end.err
    assert "Traceback" not in end.err
    for words in ("not implemented yet: selu_backward", "softsign_backward (did you mean 'softsign_backwards'?)"):
        assert words in " ".join(end.err.split())


def test_snippet_of_the_example_shows_what_the_report_says(example):
    _, folder = example
    _, checks = report_in(folder / "out.json")
    found = checks["tanh_backward/gradient"]["counterexample"]
    done = subprocess.run(
        [sys.executable, "-c", found["code"]], cwd=EXAMPLE, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert float(done.stdout) == float(found["actual"].removeprefix("dx = "))


def imported(environment, *args, cwd):
    """Return the modules that a run of `grade` in one process has imported at its end."""
    code = textwrap.dedent("""
        import atexit, sys
        atexit.register(lambda: print(*sys.modules))
        from grader.cli import main
        main(sys.argv[1:])
    """)
    command = [sys.executable, "-c", code, *map(str, args)]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=250, check=False)
    return done.returncode, set(done.stdout.split())


def test_warm_run_imports_nothing_slow(example, process, environment, tmp_path):
    sources = tmp_path / "submit"
    sources.mkdir()
    for solution in sorted((ROOT / "solutions" / "foundations").glob("*.py")):
        text = solution.read_text("utf-8").replace("from grader.authoring import edit\n", "edit = dict\n")
        (sources / solution.name).write_text(text.partition("\nmistakes = ")[0], "utf-8")
    code, modules = imported(
        environment, sources, "--format", "json=out.json", "--format", "junit=out.xml", cwd=tmp_path
    )
    report, _ = report_in(tmp_path / "out.json")
    assert (code, report["score"]) == (0, report["max_score"])
    assert "grader.judge" in modules
    assert modules.isdisjoint(SLOW)


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["--nope"]])
def test_help_imports_no_numpy(environment, tmp_path, args):
    _, modules = imported(environment, *args, cwd=tmp_path)
    assert "click" in modules
    assert modules.isdisjoint({"rich", *SLOW})
    assert "numpy" not in modules or args == ["--nope"]


HEEDING = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, "-m", "grader.cli", *sys.argv[1:]])
"""
"""Starts `grade` with the interrupt heeded: a shell's background jobs ignore it, and hand that on."""


def started(environment, path, course, cwd):
    return subprocess.Popen(
        [sys.executable, "-c", HEEDING, path, "--course", course], cwd=cwd, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def children_of(pid):
    """Return the processes that a process started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        if parent == pid:
            found.append(int(folder.name))
    return found


def workers_of(pid):
    """Return what the fork server of a run has started."""
    return [worker for server in children_of(pid) for worker in children_of(server)]


def is_running(pid):
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_run_leaves_no_process_and_no_file(environment, write, course, tmp_path, number):
    path = write(a_dot_py=KERNELS + "\ndef argmax(z):\n    while True: pass\n")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    plans = tmp_path / "plans"
    own = {**environment, "TMPDIR": str(temporary), "GRADE_CACHE": str(plans)}
    with started(own, path, course, tmp_path) as run:
        try:
            # Once the plan is there the submission is graded. During imports Python itself may swallow an interrupt.
            wait_until(lambda: plans.is_dir() and list(plans.glob("*.msgpack")) and workers_of(run.pid))
            started_by_run = [*children_of(run.pid), *workers_of(run.pid)]
            time.sleep(0.3)
            run.send_signal(number)
            _, err = run.communicate(timeout=30)
        finally:
            run.kill()
    wait_until(lambda: not any(map(is_running, started_by_run)), 10)
    wait_until(lambda: not list(temporary.iterdir()), 10)
    if number == signal.SIGINT:
        assert run.returncode in (130, -signal.SIGINT)  # which shells show as 130, too
        assert err.strip() == "grade: stopped; nothing was lost, run the same command again"


def test_reader_that_has_seen_enough_is_no_error(environment, tmp_path):
    command = f"{sys.executable} -m grader.cli show activations | head -1"
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert re.match(r"# \S", done.stdout)
    assert done.stderr == ""
