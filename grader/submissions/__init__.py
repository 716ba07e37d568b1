"""What students hand in: read as data, without running or parsing any of it, and staged for the worker."""

from grader.submissions.class_archive import ClassArchive
from grader.submissions.parts import read_members, read_parts
from grader.submissions.reading import read_submission, read_submissions
from grader.submissions.staging import stage

__all__ = ["ClassArchive", "read_members", "read_parts", "read_submission", "read_submissions", "stage"]
