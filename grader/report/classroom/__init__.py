"""The report on a class: a page on what it did, and a page for each student."""

from grader.report.classroom.building import class_report
from grader.report.classroom.comparing import Read
from grader.report.classroom.likeness import given_sources
from grader.report.classroom.records import ClassReport, class_schema
from grader.report.classroom.writing import write_class_report, write_json

__all__ = ["ClassReport", "Read", "class_report", "class_schema", "given_sources", "write_class_report", "write_json"]
