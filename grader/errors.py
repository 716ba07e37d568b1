"""Everything that `grade` raises on purpose, as one hierarchy.

::

    GradeError                     base of all; str(error) is one sentence for the person who can mend it
    ├── AuthoringError             an exercise, a solution or a course is written wrongly; costs nothing (exit 3)
    │   └── SignatureError         a signature cannot be read, or values do not fit it
    ├── UsageError                 the command line asks for something that does not exist         (exit 2)
    │   ├── UnreadableSubmission   a submission cannot be read at all                              (exit 2)
    │   ├── UnreadableClass        a class's hand-ins, roster, extensions or worksheet cannot      (exit 2)
    │   └── GradebookError         a gradebook cannot be opened, read or written                   (exit 2)
    ├── NothingToGrade             the submission defines none of the graded functions             (exit 5)
    └── GraderFault                the grader itself failed; costs the student nothing             (exit 3)
        ├── ProtocolError          a frame does not follow the wire format
        ├── OracleDisagreement     kernel and torch give different answers
        ├── SandboxError           a worker cannot be started or confined
        └── EngineError            the processes that judge a class cannot be started or reached

A student's wrong answer is a value (`grader.core.verdict.Verdict`), never an exception.
"""


class GradeError(Exception):
    """Base of every error that `grade` raises on purpose."""


class AuthoringError(GradeError):
    """An exercise, a solution or a course is written wrongly."""


class SignatureError(AuthoringError):
    """A signature cannot be read, or values do not fit it."""


class UsageError(GradeError):
    """The command line asks for something that does not exist."""


class UnreadableSubmission(UsageError):
    """A submission cannot be read at all."""


class UnreadableClass(UsageError):
    """A class's hand-ins, its roster, its extensions or a platform's worksheet cannot be read."""


class GradebookError(UsageError):
    """A gradebook cannot be opened, read or written."""


class NothingToGrade(GradeError):
    """The submission defines none of the graded functions."""


class GraderFault(GradeError):
    """The grader itself failed; this never costs a student points."""


class ProtocolError(GraderFault):
    """A frame does not follow the wire format."""


class OracleDisagreement(GraderFault):
    """The kernel and torch give different answers."""


class SandboxError(GraderFault):
    """A worker cannot be started or confined."""


class EngineError(GraderFault):
    """The processes that judge a class cannot be started or reached."""
