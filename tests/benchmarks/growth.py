"""How a class grows: time for each submission, memory of judges and of the report, and the size of its pages.

Usage: python tests/benchmarks/growth.py [SIZES] [--judged N] [--jobs N]   prints a Markdown table

SIZES are numbers of students, by commas: 100,1000,10000. Classes of up to N students (1,000) are judged; the gradebook
of a larger one is made up, so that its row tells of the report alone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from class_run import Bench, table
from hand_ins import Generator, write_class
from processes import run

from grader.discovery import find_course
from grader.engines import cores
from grader.judge import Judge

HERE = Path(__file__).parent
MEGABYTE = 1e6


def judged(bench: Bench, generator: Generator, count: int) -> list[str]:
    """Grade a class, and return its row."""
    write_class([generator.hand_in(number) for number in range(count)], bench.work / "class")
    one = bench.grade("class", "report")
    done = one.when(f"grading: {count} of {count}")
    return [
        f"{count}, judged", f"{1000 * done / count:.0f} ms", f"{1000 * one.cpu / count:.0f} ms",
        f"{one.peak('judge', until=done / 2):.0f}, {one.peak('judge', since=done / 2):.0f} MB",
        f"{1000 * (one.wall - done) / count:.1f} ms", f"{one.peak('parent'):.0f} MB", *pages(bench.work / "report"),
    ]  # fmt: skip


def made_up(bench: Bench, count: int) -> list[str]:
    """Make up a gradebook, write its report, and return its row."""
    script = [sys.executable, str(HERE / "classes.py"), str(count), "--folder", str(bench.work), "--no-browser"]
    first = run([*script, "--page-only"], bench.environment)
    one = run(script, bench.environment)
    if first.code or one.code:
        raise SystemExit(f"the report of {count} students ended with {first.code}, {one.code}: {one.said[-3:]}")
    return [
        f"{count}, made up", "", "", "", f"{1000 * one.wall / count:.1f} ms", f"{one.peak('parent'):.0f} MB",
        *pages(bench.work / "class"),
    ]  # fmt: skip


def pages(folder: Path) -> list[str]:
    """Return the sizes of the class page, of the largest student's page, and of all files."""
    students = [path.stat().st_size for path in (folder / "students").glob("*.html")]
    whole = sum(path.stat().st_size for path in folder.rglob("*.html"))
    index = (folder / "index.html").stat().st_size
    return [f"{index / MEGABYTE:.2f} MB", f"{max(students) / MEGABYTE:.2f} MB", f"{whole / MEGABYTE:.0f} MB"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="?", default="100,1000,10000")
    parser.add_argument("--judged", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=cores())
    options = parser.parse_args()
    course = find_course()
    generator = Generator(course)
    rows = []
    for size in map(int, options.sizes.split(",")):
        with tempfile.TemporaryDirectory() as name:
            bench = Bench(Path(name), options.jobs)
            if size <= options.judged:
                Judge(course, 0, bench.work / "cache").prepare()
                rows.append(judged(bench, generator, size))
            else:
                rows.append(made_up(bench, size))
    table(
        ("students", "judging, each", "processors, each", "judge's memory: first half, second half",
         "report, each", "parent's memory", "class page", "largest student's page", "all pages"), *rows,
    )  # fmt: skip


if __name__ == "__main__":
    main()
