"""What the attack suite holds: one `outcomes.toml` for each category, one hostile submission for each table in it."""

from __future__ import annotations

import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from grader.errors import AuthoringError

CATEGORIES = (
    "time", "memory", "output", "processes", "exits", "files", "network", "tampering", "forged", "cheating",
    "injection", "broken",
)  # fmt: skip
SUFFIXES = ("", ".py", ".ipynb", ".zip", ".tar.gz", ".tgz", ".tar")
"""How a submission may be named; ``""`` is a folder."""
MADE = "made.py"
"""The file whose functions write the submissions of a category that are no files of their own."""

_PACKAGE = Path(__file__).resolve().parents[1]


class Attack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hostile submission and the outcome that it must have.

    Attributes
    ----------
    about
        What it does, in one line.
    stopped_by
        The protections that contain it, each by itself: with all of them off it does its harm, with any one of them on
        it does none. ``"judge"`` is what the judge does, which cannot be switched off.
    hit
        The graded function that carries the attack; empty where it is at the top level.
    score
        ``"honest"``: the other functions earn full points and the hit one none; ``"full"``: everything that is defined
        earns full points; ``"none"``: nothing earns anything.
    remark
        What must occur in the remarks of the report.
    canary
        The kind of harm by which one would know that it succeeded; see `Canaries.harm`.
    exercise
        The exercise that is graded.
    root
        Whether it is held only where the grader is started by root, so that workers can become another user.
    source
        Whether it reads the grader's own folder, where it does harm only if everybody may look into that.
    chosen
        Whether `grade doctor --attack` runs it.
    known_hole
        Why it does not come out so yet; its test must fail until that is mended.
    """

    about: str
    stopped_by: list[str]
    hit: str = ""
    score: Literal["honest", "full", "none"] = "honest"
    remark: str = ""
    canary: str = ""
    exercise: str = "activations"
    root: bool = False
    source: bool = False
    chosen: bool = False
    known_hole: str = ""
    category: str = ""
    name: str = ""
    folder: Path = Path()

    @property
    def title(self) -> str:
        """Category and name."""
        return f"{self.category}/{self.name}"

    @property
    def could_harm(self) -> bool:
        """Whether it would do harm on this machine if nothing stopped it."""
        return not self.source or all(folder.stat().st_mode & 0o001 for folder in _PACKAGE.parents)

    def submission(self, scratch: Path) -> Path:
        """Return the submission's path; what a program makes is made in `scratch`."""
        for suffix in SUFFIXES:
            path = self.folder / f"{self.name}{suffix}"
            if path.exists():
                return path
        made = runpy.run_path(str(self.folder / MADE)).get(self.name) if (self.folder / MADE).exists() else None
        if made is None:
            raise AuthoringError(f"the attack {self.name!r} has no submission in {self.folder}, and {MADE} makes none")
        return Path(made(scratch))


def suite_folder() -> Path:
    """Return the folder of the suite: the wheel's, or the checkout's."""
    packaged = _PACKAGE / "_attacks"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "tests" / "attacks"


def read_suite(folder: Path | None = None, *, categories: Sequence[str] = CATEGORIES) -> list[Attack]:
    """Return the attacks of some categories, in the order in which they are written.

    Raises
    ------
    AuthoringError
        If an `outcomes.toml` does not say what it should.
    """
    base = suite_folder() if folder is None else folder
    attacks = []
    for category in categories:
        path = base / category / "outcomes.toml"
        if not path.is_file():
            continue
        try:
            tables = msgspec.toml.decode(path.read_bytes(), type=dict[str, Attack])
        except msgspec.MsgspecError as error:
            raise AuthoringError(f"{path} is written wrongly: {error}") from error
        for name, attack in tables.items():
            attacks.append(msgspec.structs.replace(attack, category=category, name=name, folder=path.parent))
    return attacks
