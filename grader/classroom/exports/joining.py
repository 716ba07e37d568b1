"""What all platforms' files have in common when grades are filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from grader.classroom.exports.cells import plain
from grader.classroom.exports.rows import ExportRow


def lines_of(
    rows: Sequence[ExportRow],
    find: Callable[[ExportRow], int | None],
    names: Mapping[int, str],
    *,
    where: str,
    problems: list[str],
) -> dict[str, int]:
    """Return the line of each student in a platform's file, by the key of the row; no line is given twice.

    Parameters
    ----------
    rows
        Of the class.
    find
        Tells the line of a student.
    names
        The student's name of each line.
    where
        What the file is called.
    problems
        Learns of lines that stay without a result, and of results without a line.
    """
    found: dict[str, int] = {}
    taken: dict[int, str] = {}
    for row in rows:
        line = find(row)
        if line is None:
            problems.append(f"{row.name!r} ({row.key}) is not in the {where}; no grade is written")
        elif line in taken:
            problems.append(f"{row.name!r} ({row.key}) is in row {line + 1} of the {where}, as {taken[line]!r} is")
        else:
            found[row.key] = line
            taken[line] = row.name
    for line in sorted(names.keys() - taken.keys()):
        problems.append(f"row {line + 1} of the {where} ({names[line]!r}) has no result here; left as it is")
    return found


def conversion(
    rows: Sequence[ExportRow], possible: Decimal | None, *, scale: bool, where: str, problems: list[str]
) -> Decimal:
    """Return what points are multiplied by; another maximum of the platform is remarked."""
    here = next((row.max_score for row in rows), possible)
    if not possible or not here or possible == here:
        return Decimal(1)
    if scale:
        return possible / here
    problems.append(
        f"the {where} has {plain(possible)} points, but the course {plain(here)}; points are written as they are"
    )
    return Decimal(1)
