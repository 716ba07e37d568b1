"""The runner notices what does not come out as it must; else no attack would prove anything."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import pytest

from grader.attacks import Attack, combinations, read_suite
from grader.errors import AuthoringError

HONEST = """
import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def relu(x):
    return np.maximum(x, 0)
"""
RIGHT, WRONG = "return np.maximum(x, 0)", "return np.minimum(x, 0)"


@pytest.fixture
def problems(bench, tmp_path):
    """Return a function which runs a submission, and returns what is wrong with its outcome."""

    def run(text, **outcome):
        (tmp_path / "hand_in.py").write_text(text, "utf-8")
        attack = Attack(about="", stopped_by=["judge"], name="hand_in", folder=tmp_path, **outcome)
        return bench.run(attack).problems()

    return run


def test_a_right_submission_earns_everything(problems):
    assert problems(HONEST, score="full") == []


def test_a_hit_function_that_earns_points_is_a_problem(problems):
    found = problems(HONEST, hit="relu")
    assert "relu/values should earn nothing" in found
    assert all(text.startswith("relu/") for text in found)


def test_an_honest_function_that_loses_points_is_a_problem(problems):
    found = problems(HONEST.replace(RIGHT, WRONG), hit="sigmoid")
    assert any(text.startswith("relu/values should pass: ") for text in found)


def test_points_where_none_are_due_are_a_problem(problems):
    assert any("but should earn none" in text for text in problems(HONEST, score="none"))


def test_a_missing_remark_is_a_problem(problems):
    [problem] = problems(HONEST, score="full", remark="os.fork")
    assert problem == "no remark names 'os.fork', only: []"


def test_a_submission_without_an_honest_function_is_a_problem(problems):
    [problem] = problems("def relu(x):\n    return 0\n", hit="relu")
    assert "defines no honest function" in problem


def test_a_function_that_vanishes_is_a_problem(problems):
    found = problems(HONEST + "\n\nsigmoid = None\n", score="full")
    assert "sigmoid was not judged" in found


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('raise ValueError(json.load(open("targets.json"))["done"])', "done"),
        ("raise ValueError(SECRET)", "secret"),
    ],
)
def test_what_an_attack_tells_in_an_exception_is_seen(problems, bench, text, kind):
    secret = bench.canaries.secret
    code = HONEST.replace("import numpy", "import json\nimport numpy").replace(
        RIGHT, text.replace("SECRET", repr(secret))
    )
    assert [problem.split(":")[0] for problem in problems(code, hit="relu")] == [kind]


def test_a_file_that_appears_is_seen_and_swept_away(problems, bench):
    new = bench.canaries.folder / "open" / "new"
    new.write_text("left here", "ascii")
    assert problems(HONEST, score="full") == ["file: new"]
    assert not new.exists()
    assert problems(HONEST, score="full") == []


def test_a_file_that_changes_is_seen_and_mended(problems, bench):
    path = bench.canaries.folder / "open" / "canary.txt"
    before = path.read_bytes()
    path.write_bytes(b"changed")
    assert problems(HONEST, score="full") == ["file: canary.txt"]
    assert path.read_bytes() == before


def test_a_process_that_stays_is_seen_and_ended(problems, bench):
    token = bench.canaries.targets["token"]
    with subprocess.Popen([sys.executable, "-c", "input()", token], stdin=subprocess.PIPE) as left:
        assert problems(HONEST, score="full") == [f"left: process {left.pid}"]
        assert left.wait(5) == -signal.SIGKILL


def test_a_file_that_stays_is_seen_and_removed(problems, bench):
    left = Path(tempfile.gettempdir()) / f"left-{bench.canaries.targets['token']}"
    left.touch()
    assert problems(HONEST, score="full") == [f"left: {left}"]
    assert not left.exists()


def test_what_reaches_a_socket_is_seen_once(problems, bench):
    with socket.create_connection(("127.0.0.1", bench.canaries.targets["tcp"])):
        assert problems(HONEST, score="full") == ["socket: tcp"]
    assert problems(HONEST, score="full") == []


def test_a_bystander_that_was_stopped_is_seen_and_goes_on(problems, bench):
    os.kill(bench.canaries.targets["process"], signal.SIGSTOP)
    os.waitid(os.P_PID, bench.canaries.targets["process"], os.WSTOPPED)
    assert problems(HONEST, score="full") == ["process: the bystander was stopped or ended"]
    assert problems(HONEST, score="full") == []


def test_a_submission_that_nobody_wrote_is_the_authors_fault(bench, tmp_path):
    with pytest.raises(AuthoringError, match="'nothing' has no submission"):
        bench.run(Attack(about="", stopped_by=["judge"], name="nothing", folder=tmp_path))


def test_a_submission_can_be_made_by_a_program(bench, tmp_path):
    made = f"def made_here(folder):\n    path = folder / 'x.py'\n    path.write_text({HONEST!r})\n    return path\n"
    (tmp_path / "made.py").write_text(made, "utf-8")
    attack = Attack(about="", stopped_by=["judge"], name="made_here", folder=tmp_path, score="full")
    assert bench.run(attack).problems() == []


@pytest.mark.parametrize(
    "table", ["about = 1\nstopped_by = []", "about = ''", "about = ''\nstopped_by = []\nhits = ''"]
)
def test_an_outcome_that_is_written_wrongly_names_its_file(tmp_path, table):
    (tmp_path / "time").mkdir()
    (tmp_path / "time" / "outcomes.toml").write_text(f"[loop]\n{table}\n", "utf-8")
    with pytest.raises(AuthoringError, match=r"outcomes\.toml is written wrongly"):
        read_suite(tmp_path)


def test_all_are_left_out_and_then_all_but_one():
    two = Attack(about="", stopped_by=["files", "limits"])
    one = msgspec.structs.replace(two, stopped_by=["files"])
    held = msgspec.structs.replace(two, stopped_by=["judge"])
    assert combinations([two, one, held]) == {
        frozenset({"files"}): [(two, False), (one, True)],
        frozenset({"limits"}): [(two, False)],
        frozenset({"files", "limits"}): [(two, True)],
    }
