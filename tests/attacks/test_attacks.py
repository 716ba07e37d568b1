"""No attack harms what is outside; honest functions beside it earn their points, and so does the next submission."""

import os
from pathlib import Path

import pytest

from grader.attacks import CATEGORIES, Bench, read_suite

SUITE = read_suite()
FOLDER = Path(__file__).parent


def as_parameter(attack):
    marks = [pytest.mark.xfail(strict=True, reason=attack.known_hole)] if attack.known_hole else []
    return pytest.param(attack, id=attack.title, marks=marks)


@pytest.mark.parametrize("attack", [as_parameter(attack) for attack in SUITE])
def test_attack_is_contained(attack, bench: Bench):
    if attack.root and os.geteuid() != 0:
        pytest.skip("it is held only where root starts the grader")
    assert bench.run(attack).problems() == []


def test_every_submission_of_the_suite_is_tried(tmp_path):
    tried = {attack.submission(tmp_path) for attack in SUITE}
    handed_in = {
        path for category in CATEGORIES for path in (FOLDER / category).glob("*")
        if path.name not in ("outcomes.toml", "made.py", "__pycache__")
    }  # fmt: skip

    assert handed_in <= tried


def test_the_suite_is_as_large_as_promised():
    assert len(SUITE) >= 80
