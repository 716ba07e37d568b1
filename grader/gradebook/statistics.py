"""What a class understood: exercises and checks summed up by the database, and what changed between two runs."""

from __future__ import annotations

import math
from collections.abc import Iterator

from grader.core.verdict import Verdict
from grader.gradebook.connection import told
from grader.gradebook.reading import Reader
from grader.gradebook.records import CheckChange, CheckStatistics, ExerciseStatistics

_EXERCISES = """
    SELECT run_exercise.exercise, run_exercise.title, count(result.id),
           coalesce(sum(result.status = 'passed'), 0), coalesce(sum(result.status = 'failed'), 0),
           coalesce(sum(result.status = 'unfilled'), 0), coalesce(sum(result.status = 'missing'), 0),
           coalesce(sum(result.status = 'errored'), 0), coalesce(avg(result.score), 0.0),
           coalesce(max(result.max_score), 0.0)
    FROM run_exercise LEFT JOIN entry ON entry.run_id = run_exercise.run_id
    LEFT JOIN entry_result ON entry_result.entry_id = entry.id AND entry_result.exercise = run_exercise.exercise
    LEFT JOIN result ON result.id = entry_result.result_id
    WHERE run_exercise.run_id = ? GROUP BY run_exercise.exercise ORDER BY run_exercise.position
"""

# Sums of x, the points of a check, and of y, the points of everything else, over what was judged.
_CHECKS = """
    WITH total AS MATERIALIZED (
        SELECT entry.id AS id, sum(result.score) AS score
        FROM entry JOIN entry_result ON entry_result.entry_id = entry.id JOIN result ON result.id = result_id
        WHERE entry.run_id = ?1 GROUP BY entry.id
    ), item AS (
        SELECT verdict.claim_id AS claim_id, verdict.position AS position, verdict.outcome AS outcome,
               verdict.written AS written, verdict.points AS x, total.score - verdict.points AS y,
               verdict.outcome != 'errored' AS counts
        FROM total JOIN entry_result ON entry_result.entry_id = total.id
        JOIN verdict ON verdict.result_id = entry_result.result_id
    ), summed AS (
        SELECT claim_id, min(position) AS position,
               sum(outcome = 'passed' AND written) AS passed, sum(outcome = 'failed' AND written) AS failed,
               sum(outcome = 'skipped' AND written) AS skipped, sum(outcome = 'errored' AND written) AS errored,
               sum(NOT written) AS unwritten, sum(counts) AS n, total(x * counts) AS x, total(x * x * counts) AS xx,
               total(y * counts) AS y, total(y * y * counts) AS yy, total(x * y * counts) AS xy
        FROM item GROUP BY claim_id
    )
    SELECT claim.exercise, claim.name, claim.function, claim.title, claim.max_points,
           passed, failed, skipped, errored, unwritten,
           CASE WHEN max_points > 0 THEN n ELSE 0 END, x / max_points, xx / max_points / max_points, y, yy,
           xy / max_points
    FROM summed JOIN claim ON claim.id = summed.claim_id
    JOIN run_exercise ON run_exercise.exercise = claim.exercise AND run_exercise.run_id = ?1
    ORDER BY run_exercise.position, summed.position, claim.id
"""

_PAIRS = """
    SELECT student.key, student.name, new.submission_id IS NOT old.submission_id, run_exercise.exercise,
           first.result_id, second.result_id
    FROM entry AS new JOIN entry AS old ON old.student_id = new.student_id AND old.run_id = ?1
    JOIN student ON student.id = new.student_id
    JOIN run_exercise ON run_exercise.run_id = new.run_id
    LEFT JOIN entry_result AS first ON first.entry_id = old.id AND first.exercise = run_exercise.exercise
    LEFT JOIN entry_result AS second ON second.entry_id = new.id AND second.exercise = run_exercise.exercise
    WHERE new.run_id = ?2 AND first.result_id IS NOT second.result_id
    ORDER BY student.key, run_exercise.position
"""


def exercise_statistics(reader: Reader, run: int) -> Iterator[ExerciseStatistics]:
    """Yield how a class did on each exercise, in the order of the course."""
    with told(reader.path):
        for row in reader.rows(_EXERCISES, run):
            fields = dict(zip(ExerciseStatistics.__struct_fields__, row, strict=True))
            yield ExerciseStatistics(**fields)  # type: ignore[arg-type]


def check_statistics(reader: Reader, run: int) -> Iterator[CheckStatistics]:
    """Yield how a class did on each check, in the order of the course."""
    for row in reader.rows(_CHECKS, run):
        n, *sums = (float(value or 0) for value in row[10:])  # type: ignore[arg-type]
        names = CheckStatistics.__struct_fields__[:10]
        yield CheckStatistics(
            **dict(zip(names, row[:10], strict=True)),  # type: ignore[arg-type]
            difficulty=sums[0] / n if n else None,
            discrimination=_correlation(n, *sums),
        )


def _correlation(n: float, x: float, xx: float, y: float, yy: float, xy: float) -> float | None:
    """Return Pearson's correlation from sums, `None` where either side does not vary."""
    if n < 2:
        return None
    spread_x, spread_y = xx - x * x / n, yy - y * y / n
    if spread_x <= 1e-9 * max(xx, 1.0) or spread_y <= 1e-9 * max(yy, 1.0):
        return None
    return max(-1.0, min(1.0, (xy - x * y / n) / math.sqrt(spread_x * spread_y)))


def changes(reader: Reader, old_run: int, new_run: int) -> Iterator[CheckChange]:
    """Yield the checks whose outcome or points changed from one run to another, student by student.

    Only students that both runs found are compared, and only exercises of the newer run.
    """
    for key, name, resubmitted, exercise, first, second in reader.rows(_PAIRS, old_run, new_run):
        old = {one.check: one for one in reader.verdicts(int(first))} if isinstance(first, int) else {}
        new = {one.check: one for one in reader.verdicts(int(second))} if isinstance(second, int) else {}
        for check in [*new, *(check for check in old if check not in new)]:
            before, after = old.get(check), new.get(check)
            if before is None or after is None or (before.outcome, before.points) != (after.outcome, after.points):
                yield _change(str(key), str(name), str(exercise), before, after, resubmitted=bool(resubmitted))


def _change(
    key: str, name: str, exercise: str, old: Verdict | None, new: Verdict | None, *, resubmitted: bool
) -> CheckChange:
    either = new or old
    assert either is not None
    return CheckChange(
        key=key,
        name=name,
        exercise=exercise,
        check=either.check,
        title=either.title,
        resubmitted=resubmitted,
        old_outcome=old.outcome if old else None,
        new_outcome=new.outcome if new else None,
        old_points=old.points if old else 0.0,
        new_points=new.points if new else 0.0,
        old_message=old.message if old else "",
        new_message=new.message if new else "",
        counterexample=new.counterexample if new else None,
    )
