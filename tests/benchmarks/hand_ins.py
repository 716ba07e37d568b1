"""A class made up by a seeded generator: what each student hands in, as files, from right to hostile.

Of three students one is right, one has known mistakes, and one handed in what is broken, slow or hostile. No two hand
in the same: model answers are disguised anew for each, and mixed with implementations under ``tests/submissions``, with
statements between that are never executed.
"""

from __future__ import annotations

import functools
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sources import RIGHT, disguised, right_sources, scribbled

from grader.attacks.suite import read_suite
from grader.core.edits import Edit
from grader.discovery import Course, Paired
from grader.errors import AuthoringError
from grader.mistaken_sources import MistakenSource
from grader.starters import starter

WRONG = RIGHT.with_name("wrong")
CALM = ("files", "network", "processes", "forged", "tampering", "cheating", "injection")
"""Categories of attacks whose harm is not that they take long or much."""
SLEEP = "def relu(x):\n    import time\n    time.sleep(0.02)\n    return np.maximum(x, 0)\n"
LOOP = "def relu(x):\n    while True:\n        x = x + 0\n"
RAISE = "def {name}(*args):\n    raise ValueError('not what was expected')\n"
SLOW_EVERY = 33
"""Of the students who are neither right nor mistaken, which are slow: one of a hundred of all."""

Files = dict[str, str]


@dataclass(frozen=True)
class HandIn:
    """What a student handed in.

    Attributes
    ----------
    kind
        ``right``, ``mistaken``, ``broken``, ``slow`` or ``hostile``.
    files
        Texts by name; empty where it is an archive that cannot be read.
    """

    key: str
    kind: str
    files: Files

    @property
    def is_comparable(self) -> bool:
        """Whether a bare process can load it and make its calls without running into a limit."""
        return self.kind in ("right", "mistaken")


class Generator:
    """Makes the hand-ins of a course by their numbers.

    Parameters
    ----------
    seed
        The same seed and number give the same files.
    """

    def __init__(self, course: Course, seed: int = 0) -> None:
        self._course = course
        self._seed = seed
        self._sources = {pair.exercise.name: _model_answer(pair) for pair in course.exercises}

    def hand_in(self, number: int) -> HandIn:
        """Return what one student handed in."""
        rng = random.Random(f"{self._seed} {number} hand-in")
        third, group = divmod(number, 3)
        makers = (
            ("right", self._right),
            ("mistaken", self._mistaken if third % 2 else self._wrong),
            ("slow", self._slow) if third % SLOW_EVERY == 1 else
            ("hostile", self._hostile) if third % 4 == 0 else ("broken", self._broken),
        )  # fmt: skip
        kind, maker = makers[group]
        return HandIn(f"s{number:05}", kind, maker(rng))

    def _right(self, rng: random.Random) -> Files:
        return {f"{name}.py": self._answer(name, source, rng) for name, source in self._sources.items()}

    def _answer(self, name: str, source: str, rng: random.Random) -> str:
        """Return a right answer: the model's, in disguise, and in its place some of an implementation of the tests."""
        return _styled(source, rng.choice(right_sources()[name]) if rng.random() < 0.7 else "", rng)

    def _mistaken(self, rng: random.Random) -> Files:
        """Return model answers with one to three known mistakes."""
        files, chosen = self._right(rng), Counter(rng.choices(sorted(self._sources), k=rng.randint(1, 3)))
        for name, count in chosen.items():
            mistakes = _mistakes(self._course.select([name]).exercises[0])
            files[f"{name}.py"] = _styled(_edited(self._sources[name], mistakes, count, rng), "", rng)
        return files

    def _wrong(self, rng: random.Random) -> Files:
        """Return right answers with one or two of the wrong implementations under ``tests/submissions``."""
        files = self._right(rng)
        for name in rng.sample(sorted(self._sources), rng.randint(1, 2)):
            files[f"{name}.py"] = _styled(self._sources[name], rng.choice(_wrong_sources()[name]), rng)
        return files

    def _broken(self, rng: random.Random) -> Files:
        """Return answers that do not parse, stubs, answers without some functions or that raise, or no files."""
        files = self._right(rng)
        name = rng.choice(sorted(self._sources))
        pair = self._course.select([name]).exercises[0]
        functions = [function.name for function in pair.exercise.functions]
        match rng.choice(("syntax", "stubs", "missing", "raises", "archive")):
            case "syntax":
                files[f"{name}.py"] = files[f"{name}.py"].replace(":\n", "\n", 1)
            case "stubs":
                files = {f"{one.exercise.name}.py": starter(one.exercise) for one in self._course.exercises}
            case "missing":
                del files[f"{name}.py"]
            case "raises":
                files[f"{name}.py"] += "\n\n" + RAISE.format(name=rng.choice(functions))
            case _:
                return {}
        return files

    def _slow(self, rng: random.Random) -> Files:
        files = self._right(rng)
        files["activations.py"] += f"\n\n{rng.choice((SLEEP, LOOP))}"
        return files

    def _hostile(self, rng: random.Random) -> Files:
        return {**self._right(rng), "activations.py": rng.choice(_attacks())}


def write_class(hand_ins: list[HandIn], folder: Path) -> None:
    """Write a class as a folder with one folder for each student; what cannot be read is an archive cut short."""
    for one in hand_ins:
        target = folder / one.key
        target.mkdir(parents=True)
        for name, text in one.files.items():
            (target / name).write_text(text, encoding="utf-8")
        if not one.files:
            (target / "homework.zip").write_bytes(b"PK\x03\x04" + one.key.encode() * 10)


def _styled(model: str, other: str, rng: random.Random) -> str:
    """Return a model answer with another's functions in place of its own, as one author of the class would write."""
    text = scribbled(f"{disguised(model, rng)}\n\n\n{other}", rng, share=0.5, idle=True)
    return f"# {rng.random()}\n{text}"


def _model_answer(pair: Paired) -> str:
    assert pair.solution is not None
    return "\n".join(line for line in pair.solution.source.splitlines() if not line.startswith("from grader"))


def _mistakes(pair: Paired) -> tuple[Edit, ...]:
    assert pair.solution is not None
    return pair.solution.mistakes


def _edited(source: str, mistakes: tuple[Edit, ...], count: int, rng: random.Random) -> str:
    """Return a source with known mistakes in it; of mistakes that exclude each other, fewer."""
    made = MistakenSource(source)
    for size in range(count, 0, -1):
        for _ in range(10):
            try:
                return made.edited(rng.sample(mistakes, size))
            except AuthoringError:
                continue
    return source


@functools.cache
def _wrong_sources() -> dict[str, list[str]]:
    return {
        folder.name: [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))]
        for folder in sorted(WRONG.iterdir())
    }


@functools.cache
def _attacks() -> list[str]:
    """Return the hostile files that are about activations and need nothing outside themselves."""
    suite = [one for one in read_suite(categories=CALM) if one.exercise == "activations"]
    paths = [path for one in suite if (path := one.folder / f"{one.name}.py").is_file()]
    return [text for path in paths if "targets" not in (text := path.read_text(encoding="utf-8"))]
