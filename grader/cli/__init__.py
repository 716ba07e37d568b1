"""The command line: one module per command, loaded when it is called."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence

import click

from grader import __version__
from grader.errors import AuthoringError, GradeError, GraderFault, NothingToGrade, UsageError

__all__ = [
    "EXIT_FAILED",
    "EXIT_FAULT",
    "EXIT_NOTHING",
    "EXIT_PASSED",
    "EXIT_STOPPED",
    "EXIT_USAGE",
    "cli",
    "interrupt_heard",
    "main",
    "stopped_code",
]

EXIT_PASSED, EXIT_FAILED, EXIT_USAGE, EXIT_FAULT, EXIT_NOTHING = 0, 1, 2, 3, 5
EXIT_STOPPED = 130
"""After Ctrl-C, as shells have it; after another signal, 128 and its number: 143 after SIGTERM."""
AGAIN_SECONDS = 2.0
"""After this long a Ctrl-C that was not heard is raised again; ending the workers takes far less."""


class Stopped(KeyboardInterrupt):
    """A signal asks this process to end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


_COMMANDS = {
    "run": "Grade submissions; a bare path means this.",
    "class": "Grade a whole class, and write its report.",
    "regrade": "Grade a class again, and tell what changed.",
    "list": "List the courses and their exercises.",
    "show": "Show an exercise's statement.",
    "starter": "Write an exercise's starter file.",
    "selfcheck": "Prove that the exercises judge rightly.",
    "doctor": "Say which protections are on, and what is missing.",
}


class _Commands(click.Group):
    """Loads commands late, and takes what is no command for a path to grade."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"grader.cli.{cmd_name}_command").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # From the table: help needs no module of a command.
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS:
            _refuse_misspelled(args[0])
            args = ["run", *args]
        return super().resolve_command(ctx, args)


def _refuse_misspelled(word: str) -> None:
    """Raise where a word is no path, but nearly a command."""
    near = difflib.get_close_matches(word, _COMMANDS, n=1, cutoff=0.7)
    if near and not os.path.lexists(word):
        raise UsageError(f"no command or path {word!r}; did you mean `grade {near[0]}`?")


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "ignore_unknown_options": True},
    invoke_without_command=True,
    subcommand_metavar="PATH… | COMMAND [ARGS]…",
    epilog="`grade run --help` lists the options of grading. A path that is named like a command: `grade ./list`.",
)
@click.version_option(__version__, prog_name="grade")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Grade deep-learning homework: `grade submit/` says what is wrong, on which smallest input, and why."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code; no traceback of ours reaches a user.

    Parameters
    ----------
    args
        What stands after `grade`; by default what this process was started with.
    """
    _open_closed_streams()
    try:
        with _stopped_by_signals():
            code = cli.main(None if args is None else list(args), prog_name="grade", standalone_mode=False)
            sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:
        if os.environ.get("GRADE_DEBUG"):
            raise
        sys.exit(_told(error))
    sys.exit(code if isinstance(code, int) else EXIT_PASSED)


def _open_closed_streams() -> None:
    """Let output go nowhere where this process was started without it (``2>&-``)."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - open as long as the process


@contextlib.contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Raise `Stopped` at a signal to end, and again until it is heard: Python swallows one that falls in an import."""
    heeded = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) is not signal.SIG_IGN]
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or not hasattr(signal, "setitimer") or not heeded:
        yield
        return
    asked = signal.SIGINT

    def stop(number: int, _frame: object) -> None:
        nonlocal asked
        asked = asked if number == signal.SIGALRM else signal.Signals(number)
        signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS)
        raise Stopped(asked)

    before = {number: signal.signal(number, stop) for number in (*heeded, signal.SIGALRM)}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupt_heard() -> None:
    """Call off the raising of `KeyboardInterrupt` again: whoever calls this has heard it, and cleans up."""
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        signal.setitimer(signal.ITIMER_REAL, 0)


def stopped_code(error: BaseException) -> int:
    """Return the exit code after a signal to end, which `error` or its cause tells."""
    signalled = error if isinstance(error, Stopped) else error.__cause__
    return 128 + signalled.number if isinstance(signalled, Stopped) else EXIT_STOPPED


def _told(error: BaseException) -> int:
    """Say in one sentence on stderr what went wrong, and return the exit code."""
    if isinstance(error, BrokenPipeError):
        # Whoever reads our output has seen enough; what is left in the buffer has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    if isinstance(error, click.Abort) and isinstance(error.__cause__, EOFError):
        error = error.__cause__  # click takes one from anywhere for the end of a person's input, which is never asked
    if isinstance(error, (click.Abort, KeyboardInterrupt)):
        _say("grade: stopped; nothing was lost, run the same command again")
        return stopped_code(error)
    if isinstance(error, click.ClickException):
        with contextlib.suppress(OSError):
            error.show()
        return EXIT_USAGE
    if isinstance(error, NothingToGrade):
        _say(f"grade: {error}")
        return EXIT_NOTHING
    if isinstance(error, GradeError) and not isinstance(error, GraderFault):
        _say(f"grade: {error}")
        return EXIT_FAULT if isinstance(error, AuthoringError) else EXIT_USAGE
    what = str(error) if isinstance(error, GraderFault) else " ".join(f"{type(error).__name__}: {error}".split())
    _say(f"grade: a fault of the grader, not of the submission: {what[:500]}; GRADE_DEBUG=1 shows where")
    return EXIT_FAULT


def _say(sentence: str) -> None:
    """Write a line to stderr; a student may have chosen a name in it. Where that fails, the exit code must do."""
    from grader.report.text import visible, without_commands

    with contextlib.suppress(OSError):
        click.echo(without_commands(visible(sentence)), err=True)
