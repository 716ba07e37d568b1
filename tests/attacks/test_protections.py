"""No protection is decoration: what it is said to stop does its harm once everything that stops it is left out."""

import os
import sys

import pytest

from grader.attacks import Bench, combinations, read_suite
from grader.sandbox import Sandbox

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
