"""How Canvas reads a gradebook, as FORMATS tells it: header, matching, changes."""

import csv
import io
import re
from dataclasses import dataclass, field


class InvalidHeader(Exception):
    pass


@dataclass
class Course:
    """What Canvas knows: students by id, with SIS ids and names, and assignments by id with title and points."""

    students: dict[int, dict[str, str]]
    assignments: dict[int, tuple[str, float]]
    grades: dict[tuple[int, int], str] = field(default_factory=dict)


@dataclass
class Imported:
    grades: dict[int, dict[str, str]]
    """Grade as written, by id of the assignment and name of the student; -1 is a new assignment."""
    unknown_students: list[str]
    new_points: dict[int, str]


def number(cell):
    """A bare number with separators: the last one is the decimal mark."""
    if not re.fullmatch(r"-?[0-9.,]+%?", cell):
        return cell
    *whole, last = re.split("[.,]", cell)
    return "".join(whole) + "." + last if whole else last


def check_header(header):
    if not (len(header) > 3 and "Student" in header[0] and "ID" in header[1]):
        raise InvalidHeader(header)
    count = 3
    if "SIS Login ID" in header[2]:
        count += 1
    elif "SIS User ID" in header[2] and "SIS Login ID" in header[3]:
        count += 2 + ("Integration ID" in header[4])
    if "Section" not in header[count - 1]:
        raise InvalidHeader(header)
    return count


def imported(content, course):
    lines = list(csv.reader(io.StringIO(content.decode())))
    header, *body = [line for line in lines if not all(cell.strip(" ;,") == "" for cell in line)]
    count = check_header(header)
    columns = {}
    for column, title in enumerate(header[count:], count):
        told = re.fullmatch(r"(.*) \((\d+)\)", title)
        known = int(told[2]) if told and int(told[2]) in course.assignments else None
        by_title = [key for key, (name, _) in course.assignments.items() if name == title]
        columns[column] = known if known is not None else by_title[0] if by_title else -1
    found = Imported({key: {} for key in columns.values()}, [], {})
    for line in body:
        line = [number(cell) for cell in line]
        if "Points Possible" in line[0]:
            found.new_points = {key: line[column] for column, key in columns.items()}
        elif all(re.fullmatch(r"\s*(Muted|Manual Posting.*)?\s*", cell, re.IGNORECASE) for cell in line):
            continue
        else:
            student = matched(line, header, course)
            if student is None:
                found.unknown_students.append(line[0])
                continue
            for column, key in columns.items():
                found.grades[key][course.students[student]["name"]] = line[column].strip()
    return found


def matched(line, header, course):
    if line[1].isdigit() and int(line[1]) in course.students:
        return int(line[1])
    for name in ("SIS User ID", "SIS Login ID"):
        value = line[header.index(name)] if name in header else ""
        for key, about in course.students.items():
            if value and about.get(name) == value:
                return key
    return next((key for key, about in course.students.items() if line[0] in (about["name"], about["sortable"])), None)


def changed(found, course, assignment):
    """Whose grade the import changes: grades are compared at two decimals."""

    def shown(value):
        try:
            return f"{float(value):.2f}"
        except ValueError:
            return value.upper()

    ids = {about["name"]: key for key, about in course.students.items()}
    return {
        name: grade
        for name, grade in found.grades[assignment].items()
        if shown(grade) != shown(course.grades.get((ids[name], assignment), ""))
    }
