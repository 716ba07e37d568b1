"""What students hand in: read as data, without running or parsing any of it, and staged for the worker."""

from grader.submissions.reading import read_submission, read_submissions
from grader.submissions.staging import stage

__all__ = ["read_submission", "read_submissions", "stage"]
