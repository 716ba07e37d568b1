"""What all web pages share: templates that escape everything, style and script inside the page, and its policy."""

from __future__ import annotations

import base64
import functools
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

from grader.report.text import one_line, points, visible

if TYPE_CHECKING:
    from jinja2 import Environment, Template


@functools.cache
def template(name: str) -> Template:
    """Return a template of this package, which escapes all that it shows and makes it visible."""
    return _environment().get_template(name)


@functools.cache
def static(name: str) -> str:
    """Return the text of a style sheet or script that is put into pages."""
    return (files(__package__) / "static" / name).read_text(encoding="utf-8")


def policy_hash(script: str) -> str:
    """Return how a page's security policy names the one script that may run."""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return f"sha256-{digest}"


@functools.cache
def _environment() -> Environment:
    # Imported here, for a run that asks for other formats should not wait for it.
    import jinja2

    def finalize(value: object) -> object:
        """Make every value that is shown visible, so that no template can forget to."""
        return visible(value) if type(value) is str else value

    templates = files(__package__) / "templates"
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (templates / name).read_text(encoding="utf-8")),
        autoescape=True,
        finalize=finalize,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["points"] = points
    environment.filters["one_line"] = one_line
    return environment
