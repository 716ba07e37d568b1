"""No attack harms what is outside, the honest functions beside it earn their points, and the next submission its own."""

import pytest

from grader.attacks import Bench, read_suite
from grader.sandbox import Sandbox

SUITE = read_suite()


@pytest.mark.parametrize("attack", [pytest.param(attack, id=f"{attack.category}/{attack.name}") for attack in SUITE])
def test_attack_is_contained(attack, bench: Bench):
    assert bench.run(attack).problems() == []


def test_every_protection_that_an_attack_names_exists():
    with Sandbox(strength="weak") as sandbox:
        known = {protection.name for protection in sandbox.protections()} | {"judge"}

    assert {name for attack in SUITE for name in attack.stopped_by} <= known
    assert all(attack.stopped_by for attack in SUITE)
