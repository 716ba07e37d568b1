"""What a class report reads of a gradebook beside the statistics: who, for every check, mistake and trouble."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from grader.gradebook.connection import told
from grader.gradebook.reading import Reader

_BANDS = """
    WITH total AS (
        SELECT entry.id AS id,
               max(0, min(?2 - 1, CAST(sum(result.score) * ?2 / ?3 + 1e-9 AS INTEGER))) AS band
        FROM entry JOIN entry_result ON entry_result.entry_id = entry.id JOIN result ON result.id = result_id
        WHERE entry.run_id = ?1 GROUP BY entry.id
    )
    SELECT claim.exercise, claim.name, claim.function, claim.title, claim.max_points, total.band,
           sum(verdict.outcome = 'passed' AND verdict.written), count(*)
    FROM total JOIN entry_result ON entry_result.entry_id = total.id
    JOIN verdict ON verdict.result_id = entry_result.result_id JOIN claim ON claim.id = verdict.claim_id
    WHERE verdict.outcome != 'errored' GROUP BY claim.id, total.band
"""

_MAKERS = """
    SELECT DISTINCT claim.exercise, verdict.mistake, entry.id
    FROM verdict JOIN claim ON claim.id = verdict.claim_id
    JOIN entry_result ON entry_result.result_id = verdict.result_id
    JOIN entry ON entry.id = entry_result.entry_id
    WHERE verdict.mistake IS NOT NULL AND entry.run_id = ?
"""

_TROUBLES = """
    SELECT entry.id, claim.exercise, claim.name, verdict.outcome = 'errored', coalesce(verdict.message, '')
    FROM entry JOIN entry_result ON entry_result.entry_id = entry.id
    JOIN verdict ON verdict.result_id = entry_result.result_id JOIN claim ON claim.id = verdict.claim_id
    WHERE entry.run_id = ?1
      AND (verdict.outcome = 'errored' OR verdict.outcome = 'failed' AND verdict.message LIKE ?2)
    ORDER BY entry.id, verdict.result_id, verdict.position
"""


class CheckInBand(msgspec.Struct, frozen=True, kw_only=True):
    """How those whose total score is in a band did on a check; what the grader failed on is not counted."""

    exercise: str
    check: str
    function: str
    title: str
    max_points: float
    band: int
    passed: int
    judged: int


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """A check of an entry that the grader failed on, or that ran into a time limit."""

    entry: int
    exercise: str
    check: str
    errored: bool
    message: str


def checks_in_bands(reader: Reader, run: int, *, bands: int, max_score: float) -> Iterator[CheckInBand]:
    """Yield how many passed each check, by the band of the total score, of `bands` of equal width up to `max_score`."""
    if max_score <= 0:
        return
    for row in reader.rows(_BANDS, run, bands, max_score):
        yield msgspec.convert(dict(zip(CheckInBand.__struct_fields__, row, strict=True)), CheckInBand)


def mistake_makers(reader: Reader, run: int) -> Iterator[tuple[str, str, int]]:
    """Yield (exercise, mistake, entry) for every entry that makes a known mistake."""
    for exercise, mistake, entry in reader.rows(_MAKERS, run):
        yield str(exercise), str(mistake), int(str(entry))


def troubles(reader: Reader, run: int, *, overtime: str) -> Iterator[Trouble]:
    """Yield the checks that the grader failed on, and those whose message has `overtime` in it, entry by entry."""
    for row in reader.rows(_TROUBLES, run, f"%{overtime}%"):
        fields = dict(zip(Trouble.__struct_fields__, row, strict=True))
        yield msgspec.convert({**fields, "errored": bool(fields["errored"])}, Trouble)


def result_numbers(reader: Reader, run: int) -> dict[int, str]:
    """Return which results stand for each entry of a run, as one text: equal texts, equal reports."""
    with told(reader.path):
        rows = reader.rows(
            "SELECT entry_id, group_concat(result_id) FROM"
            " (SELECT entry_id, result_id FROM entry JOIN entry_result ON entry_id = entry.id"
            "  WHERE run_id = ? ORDER BY entry_id, exercise) GROUP BY entry_id",
            run,
        )
        return {int(str(entry)): str(numbers) for entry, numbers in rows}
