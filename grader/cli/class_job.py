"""What `grade class` is asked to do, as one value: a gradebook keeps it, so that it can be done again."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import msgspec

from grader.courses import DEFAULT_COURSE, locate_course
from grader.errors import GradebookError, UsageError
from grader.gradebook import Run, RunSettings

GRADEBOOK = "gradebook.sqlite"
_KEPT = ("roster", "extensions", "late", "platform", "assignment", "report", "course", "only")


class ClassJob(msgspec.Struct, frozen=True, kw_only=True):
    """What to grade, how, and where results go; paths are as they were typed, ``""`` stands for what was not given.

    Attributes
    ----------
    jobs
        How many judges there are at once; 0: one for each core.
    exports
        ``FORMAT=FILE`` each.
    worksheet
        What was downloaded from the platform, and is to be filled in.
    """

    source: str
    course: str = DEFAULT_COURSE
    only: list[str] = []
    seed: int | None = None
    roster: str = ""
    extensions: str = ""
    late: str = ""
    platform: str = ""
    assignment: str = ""
    report: str = ""
    gradebook: str = ""
    sandbox: str = "full"
    jobs: int = 0
    engine: str = "local"
    scheduler: str = ""
    exports: list[str] = []
    worksheet: str = ""
    fresh: bool = False
    quiet: bool = False

    @property
    def report_folder(self) -> Path:
        """Where the pages go; by default named after the source."""
        if self.report:
            return Path(self.report)
        source = Path(self.source).resolve()
        name = source.name if source.is_dir() else source.name.split(".")[0]
        return Path("reports") / (name or "class")

    @property
    def gradebook_path(self) -> Path:
        """Where the gradebook is; by default beside the pages."""
        return Path(self.gradebook) if self.gradebook else self.report_folder / GRADEBOOK

    def command(self) -> str:
        """Return the command that goes on with this job; what is judged already is not judged again."""
        words = ["grade", "class", self.source]
        for field, default in zip(self.__struct_fields__[1:], self.__struct_defaults__, strict=True):
            value = getattr(self, field)
            if field in ("exports", "fresh", "quiet", "only") or value == default:
                continue
            words += [f"--{field}", str(value)]
        for name, values in (("--only", self.only), ("--export", self.exports)):
            for one in values:
                words += [name, one]
        return shlex.join([*words, "--quiet"] if self.quiet else words)

    def settings(self, course: str, *, seed: int | None, kind: str) -> RunSettings:
        """Return what a gradebook keeps of this job; paths become absolute, since it may be repeated elsewhere."""
        options = {name: getattr(self, name) for name in _KEPT}
        for name in ("roster", "extensions"):
            options[name] = os.path.abspath(options[name]) if options[name] else ""
        options["report"] = str(self.report_folder.resolve())
        options["course"] = _lasting(self.course)
        return RunSettings(course=course, seed=seed, source=os.path.abspath(self.source), kind=kind, options=options)


def _lasting(course: str) -> str:
    """Return a course as it can be found from anywhere: a built-in one by its name, another by its whole path."""
    folder = Path(course)
    is_own = (folder / "course.toml").is_file() and locate_course(course)[0] == folder
    return str(folder.resolve()) if is_own else course


def job_of(run: Run, gradebook: Path) -> ClassJob:
    """Return the job of an earlier run, to be done again.

    Raises
    ------
    GradebookError
        If what was handed in is no longer where it was.
    """
    if not Path(run.settings.source).exists():
        raise GradebookError(
            f"the hand-ins {run.settings.source!r}, which the gradebook {str(gradebook)!r} was made from, are not there"
            " any more; put them back, or run `grade class` on where they are now with this --gradebook"
        )
    kept = {"source": run.settings.source, "seed": run.settings.seed, "gradebook": str(gradebook)}
    if gradebook.name == GRADEBOOK:
        kept["report"] = str(gradebook.parent)  # also where both were moved
    try:
        return msgspec.convert({**run.settings.options, **kept}, ClassJob)
    except msgspec.ValidationError as error:
        raise UsageError(f"the gradebook {str(gradebook)!r} does not tell how it was made: {error}") from None
