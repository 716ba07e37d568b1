"""Grades and feedback in the files that the platforms read."""

from grader.classroom.exports.rows import ExportRow, Filled

__all__ = ["ExportRow", "Filled"]
