"""`grade class SOURCE`: grade a whole class, and write its report."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from grader.cli.class_job import ClassJob
from grader.cli.options import counted_seed_option, course_option, engine_options, only_option


@click.command("class", help="Grade every student's work in SOURCE: a folder, or the archive that a platform gives.")
@click.argument("source", type=click.Path(), metavar="SOURCE")
@click.option("--roster", type=click.Path(), default="", metavar="FILE", help="The class: CSV or xlsx, ids and names.")
@click.option("--extensions", type=click.Path(), default="", metavar="FILE", help="Who has more time: CSV or xlsx.")
@click.option(
    "--late", default="", metavar="POLICY", help="What lateness costs: due=2026-10-01T23:59+08:00,penalty=10."
)
@click.option("--platform", default="", metavar="NAME", help="Where SOURCE is from, if it is not recognised.")
@click.option("--assignment", default="", metavar="TITLE", help="Which one, where nbgrader or Canvas has several.")
@click.option("--report", type=click.Path(), default="", metavar="DIR", help="Where the pages go.  [reports/SOURCE]")
@click.option("--gradebook", type=click.Path(), default="", metavar="FILE", help="[DIR/gradebook.sqlite]")
@click.option("--export", "exports", multiple=True, metavar="FORMAT=FILE",
              help="Also write csv, xlsx, json, canvas, moodle, canvas-feedback or moodle-feedback.")  # fmt: skip
@click.option("--worksheet", type=click.Path(), default="", metavar="FILE", help="The platform's file to fill in.")
@course_option
@only_option
@counted_seed_option
@engine_options
@click.option("--fresh", is_flag=True, help="Grade again what is graded already.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def command(**options: Any) -> int:  # noqa: ANN401 - click's values, checked by the struct
    """Grade a class and return the exit code."""
    from grader.cli.class_run import grade_class

    return grade_class(job_from(options))


def job_from(options: dict[str, Any]) -> ClassJob:
    """Return the job that a command line asks for."""
    return msgspec.convert(options, ClassJob)
