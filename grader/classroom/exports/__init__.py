"""Grades and feedback in the files that the platforms read."""

from grader.classroom.exports.canvas import fill_canvas, fresh_canvas
from grader.classroom.exports.feedback import write_canvas_feedback, write_moodle_feedback
from grader.classroom.exports.moodle import fill_moodle
from grader.classroom.exports.rows import ExportRow, Filled
from grader.classroom.exports.tables import write_csv, write_xlsx

__all__ = [
    "ExportRow",
    "Filled",
    "fill_canvas",
    "fill_moodle",
    "fresh_canvas",
    "write_canvas_feedback",
    "write_csv",
    "write_moodle_feedback",
    "write_xlsx",
]
