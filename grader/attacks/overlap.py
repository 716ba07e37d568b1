"""Which protections contain an attack: shown by leaving out all of them, and then all but one."""

from __future__ import annotations

from collections.abc import Iterable

from grader.attacks.suite import Attack

Combination = frozenset[str]
"""Protections that are left out together."""


def combinations(attacks: Iterable[Attack]) -> dict[Combination, list[tuple[Attack, bool]]]:
    """Return what to leave out, and for each the attacks to try with whether they then do harm.

    Those that the judge contains are not among them, as it cannot be left out, nor those without harm to do here.
    """
    tried: dict[Combination, list[tuple[Attack, bool]]] = {}
    for attack in attacks:
        stops = frozenset(attack.stopped_by)
        if "judge" in stops or not attack.could_harm:
            continue
        tried.setdefault(stops, []).append((attack, True))
        for name in attack.stopped_by:
            if stops != {name}:
                tried.setdefault(stops - {name}, []).append((attack, False))
    return dict(sorted(tried.items(), key=lambda item: (len(item[0]), sorted(item[0]))))
