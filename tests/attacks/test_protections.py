"""No protection is decoration: what it is said to stop does its harm once everything that stops it is left out."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.attacks import Bench, combinations, read_suite
from grader.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
SUITE = read_suite()
COMBINATIONS = combinations(SUITE)


def protections() -> set[str]:
    with Sandbox(strength="weak") as sandbox:
        return {protection.name for protection in sandbox.protections()}


@pytest.fixture(scope="session")
def plans(tmp_path_factory):
    return tmp_path_factory.mktemp("plans")


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can leave out every protection")
@pytest.mark.parametrize(
    "without", [pytest.param(names, id=" and ".join(sorted(names))) for names in COMBINATIONS]
)  # fmt: skip
def test_an_attack_does_harm_without_all_that_stop_it_and_none_with_one(without, plans):
    wrong = []
    with Bench(cache=plans, without=sorted(without)) as bench:
        for attack, harmful in COMBINATIONS[without]:
            harm = bench.run(attack).harm
            if harmful is not (attack.canary in harm) or (harm and not harmful):
                wrong.append(f"{attack.title}: {harm or 'no harm'}")

    assert wrong == []


def test_every_protection_stops_an_attack():
    assert protections() == {name for attack in SUITE for name in attack.stopped_by} - {"judge"}


@pytest.mark.parametrize("name", sorted(protections() - {"capabilities"}))
def test_a_protection_stops_an_attack_that_no_other_stops(name):
    assert [attack.name for attack in SUITE if attack.stopped_by == [name]]


def test_what_is_said_to_stop_an_attack_is_a_protection():
    assert {name for attack in SUITE for name in attack.stopped_by} <= protections() | {"judge"}
    assert all(attack.stopped_by for attack in SUITE)


def test_an_attack_that_a_protection_stops_names_the_harm():
    kinds = {"file", "secret", "done", "socket", "process", "left", "next"}

    assert [
        attack.name for attacks in COMBINATIONS.values() for attack, _ in attacks if attack.canary not in kinds
    ] == []


LOOK = """
import sys
sys.path.insert(0, sys.argv[1])
from grader.core.protocol import *
from grader.core.submission import *
from grader.sandbox import Sandbox
text = f"import os\\ndef f(x): return float(bool(os.stat({sys.argv[2]!r})))\\n"
given = Submission(student="someone", files=[SourceFile("hw.py", [Cell("", text)])])
with Sandbox(strength="weak", without=sys.argv[3:]) as sandbox, sandbox.worker(given) as worker:
    worker.load(given)
    [trace] = worker.run(Run([Step("f", [Data("<f8", (1,), 0)])]), bytes(8)).traces
    print(type(trace).__name__, getattr(trace, "kind", ""))
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can hand on a capability")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv")
@pytest.mark.parametrize(
    ("without", "expected"), [([], ["Raised", "PermissionError"]), (["capabilities"], ["Returned"])]
)  # fmt: skip
def test_a_capability_of_the_grader_is_stopped_by_capabilities_alone(without, expected, tmp_path):
    """A user who is not root, but may look everywhere: no other protection takes that right from the worker."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    (private / "answers.txt").touch(mode=0o600)
    may = "+dac_read_search"
    command = ["setpriv", "--reuid=65532", "--clear-groups", f"--inh-caps={may}", f"--ambient-caps={may}"]
    done = subprocess.run(
        [*command, sys.executable, "-P", "-c", LOOK, str(ROOT), str(private / "answers.txt"), *without],
        capture_output=True, text=True, timeout=60, check=False, cwd="/",
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip

    assert done.stdout.split() == expected, done.stderr
