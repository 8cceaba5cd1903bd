"""A page as one HTML file: every text escaped, one style and one script under a policy that allows nothing else."""

from __future__ import annotations

import base64
import hashlib
from contextlib import ExitStack
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from p2r_rewards import __version__
from p2r_rewards.errors import MissingExtraError
from p2r_rewards.experiments.report.page import Page
from p2r_rewards.experiments.report.script_data import script_json
from p2r_rewards.experiments.report.visible import visible
from p2r_rewards.rollouts.output_file import OutputFile

SCRIPTS = ("theme.js", "text.js", "filters.js", "detail.js", "browser.js")
"""What becomes the page's one script, in this order."""

MAX_CELL = 600
"""Characters of a text in a table or a note."""

MAX_TEXT = 8_000
"""Characters of a text that stands by itself."""


def write_report(path: str | Path, page: Page) -> None:
    """Writes a page, whole or not at all.

    Raises:
        DataError: It can't be written.
        MissingExtraError: jinja2 is not installed.
    """
    text = render_page(page)
    with ExitStack() as stack:
        file = OutputFile(Path(path), stack)
        file.stream.write(text.encode())
        file.commit()


def render_page(page: Page) -> str:
    """The page as HTML that asks for nothing: no network, no other file, no script but its own.

    Raises:
        MissingExtraError: jinja2 is not installed.
    """
    style = _read("style.css")
    script = "\n".join(map(_read, SCRIPTS))
    data = None
    if page.browser is not None:
        data = script_json({"rows": list(page.browser.rows), "settings": dict(page.browser.settings)})
    sections = [section for section in page.sections if section.blocks]
    text: str = (
        _environment()
        .get_template("page.html")
        .render(
            page=page,
            sections=sections,
            policy=content_policy(style, script),
            style=_trusted(style),
            script=_trusted(script),
            data=None if data is None else _trusted(data),
            version=__version__,
        )
    )
    return text


def content_policy(style: str, script: str) -> str:
    """The Content-Security-Policy: this style, this script, and nothing else from anywhere.

    Example:
        >>> content_policy("", "").split("; ")[0]
        "default-src 'none'"
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash(script)}",
            f"style-src {_hash(style)}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


@cache
def _environment() -> Any:
    try:
        from jinja2 import Environment, FunctionLoader, StrictUndefined
    except ImportError as error:
        package = "jinja2"
        raise MissingExtraError(package, "report") from error
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["whole"] = _whole
    return environment


def _finalize(value: Any) -> Any:
    """What any expression in the template gives: hostile texts with what can't be seen written out."""
    return visible(value, most=MAX_CELL) if type(value) is str else value


def _whole(text: str) -> Any:
    """A text at length, for where there is room."""
    from markupsafe import escape

    return escape(visible(text, most=MAX_TEXT))


def _trusted(text: str) -> Any:
    from markupsafe import Markup

    # Our own files, and data without a character that HTML knows.
    return Markup(text)


def _read(name: str) -> str:
    return resources.files("p2r_rewards.experiments.report").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
