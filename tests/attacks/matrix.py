"""Leaves protections out and prints, as a table in Markdown, which attacks each of them stops.

Usage: python tests/attacks/matrix.py    (as root, so that every protection can be left out)

The attacks aim at canaries that are made for them; what they leave behind is cleared away.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from grader.attacks import Attack, Bench, combinations, read_suite


def main() -> None:
    if os.geteuid() != 0:
        raise SystemExit("run it as root: only root can leave out every protection")
    suite = read_suite()
    wrong = []
    with tempfile.TemporaryDirectory() as plans:
        for without, attacks in combinations(suite).items():
            with Bench(cache=Path(plans), without=sorted(without)) as bench:
                for attack, harmful in attacks:
                    harm = bench.run(attack).harm
                    if harmful is not (attack.canary in harm) or (harm and not harmful):
                        wrong.append(f"{attack.title} without {', '.join(sorted(without))}: {harm or 'no harm'}")
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    _print_table(suite)
    if wrong:
        raise SystemExit("not as the table says:\n" + "\n".join(wrong))


def _print_table(suite: list[Attack]) -> None:
    print("| protection | it alone stops | it stops, as others do, too |\n|---|---|---|")
    for name in dict.fromkeys(name for attack in suite for name in attack.stopped_by):
        alone = [attack.name for attack in suite if attack.stopped_by == [name]]
        shared = [attack.name for attack in suite if name in attack.stopped_by and attack.stopped_by != [name]]
        print(f"| {name} | {len(alone)}: {_few(alone)} | {len(shared)}: {_few(shared)} |")


def _few(names: list[str]) -> str:
    shown = ", ".join(name.replace("_", " ") for name in names[:6])
    return f"{shown} …" if len(names) > 6 else shown or "none"


if __name__ == "__main__":
    main()
