"""The command line: one module per command, loaded when it is called."""

from __future__ import annotations

import importlib
import os
import sys

import click

from grader.errors import GradeError, GraderFault, NothingToGrade

__all__ = ["EXIT_FAULT", "EXIT_FAILED", "EXIT_NOTHING", "EXIT_PASSED", "EXIT_USAGE", "cli", "main"]

EXIT_PASSED, EXIT_FAILED, EXIT_USAGE, EXIT_FAULT, EXIT_NOTHING = 0, 1, 2, 3, 5

_COMMANDS = {
    "run": "Grade submissions; a bare path means this.",
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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS:
            args = ["run", *args]
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "ignore_unknown_options": True},
    invoke_without_command=True,
)
@click.version_option(package_name="grade", prog_name="grade")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Grade deep-learning homework: `grade submit/` says what is wrong, on which smallest input, and why."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """Run the command line and exit with its code; no traceback of ours reaches a user."""
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_USAGE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("grade: stopped; nothing was lost, run the same command again", err=True)
        sys.exit(130)
    except NothingToGrade as error:
        click.echo(f"grade: {error}", err=True)
        sys.exit(EXIT_NOTHING)
    except GraderFault as error:
        click.echo(f"grade: a fault of the grader, not of the submission: {error}", err=True)
        sys.exit(EXIT_FAULT)
    except GradeError as error:
        click.echo(f"grade: {error}", err=True)
        sys.exit(EXIT_USAGE)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_FAILED)
    sys.exit(code if isinstance(code, int) else EXIT_PASSED)
