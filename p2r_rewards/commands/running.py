"""What the commands share: their input, their errors, their end, and what they print."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from p2r_rewards.errors import ConfigError, DataError, MissingExtraError

if TYPE_CHECKING:
    from rich.console import RenderableType

Progress = Callable[[str, int], None]
"""Called with what is counted, such as "rows scored", and the number so far."""


def read_maps(maps: Iterable[str], known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Fields with the columns that the user named, and those that are known from other options.

    Raises:
        ConfigError: One is not written so, or a field has two columns.
    """
    mapping = dict(known or {})
    for one in maps:
        name, equals, column = one.partition("=")
        if not (name and equals and column):
            message = f"--map {one}: write FIELD=COLUMN, such as --map gold=label"
            raise ConfigError(message)
        if mapping.setdefault(name, column) != column:
            message = f"field {name} is mapped to {mapping[name]!r} and to {column!r}; choose one"
            raise ConfigError(message)
    return mapping


def store_input(inputs: tuple[str, ...], stack: ExitStack) -> Path | None:
    """Where the bytes of standard input were put; None where it is not read."""
    from p2r_rewards.rollouts.reading import STANDARD_INPUT, copy_standard_input

    if STANDARD_INPUT not in inputs:
        return None
    path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="p2r-judge-"))) / "input"
    copy_standard_input(sys.stdin.buffer, path)
    return path


@contextmanager
def errors_told(program: str) -> Iterator[None]:
    """Turns what a user can mend into one line and an exit status."""
    try:
        yield
    except (DataError, MissingExtraError) as error:
        fail(program, str(error), 1)
    except ConfigError as error:
        fail(program, str(error), 2)
    except BrokenPipeError:
        raise
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        fail(program, f"{place}{error.strerror or error}", 1)


@contextmanager
def ended_cleanly(program: str, how_to_go_on: str) -> Iterator[None]:
    """Lets SIGTERM end a run as Ctrl-C does, so that no temporary file stays, and tells how to go on."""

    def end(*_: object) -> NoReturn:
        raise SystemExit(128 + signal.SIGTERM)

    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, end) if in_main else None
    try:
        yield
    except (KeyboardInterrupt, SystemExit) as error:
        status = 128 + signal.SIGINT if isinstance(error, KeyboardInterrupt) else error.code
        if status not in (128 + signal.SIGINT, 128 + signal.SIGTERM):
            raise
        click.echo(f"{program}: interrupted; {how_to_go_on}", err=True)
        sys.exit(status)
    finally:
        if in_main:
            signal.signal(signal.SIGTERM, before)


def fail(program: str, message: str, status: int) -> NoReturn:
    """Ends the command with a message and a status."""
    click.echo(f"{program}: {plain(message)}", err=True)
    sys.exit(status)


def plain(text: str) -> str:
    """The text without control characters."""
    from p2r_rewards.commands.terminal import clean

    return clean(text).plain


def show_json(summary: Mapping[str, Any], *, to_stderr: bool = False) -> None:
    """Prints a summary as one JSON object."""
    from p2r_rewards.rollouts.json_text import dump_json

    click.echo(dump_json(summary)[0], err=to_stderr)


def show_blocks(blocks: Iterable[RenderableType], *, to_stderr: bool = False) -> None:
    """Prints tables and texts."""
    from io import TextIOWrapper

    from rich.console import Console

    stream = sys.stderr if to_stderr else sys.stdout
    if isinstance(stream, TextIOWrapper):  # what its encoding lacks must not fail a run that is done
        stream.reconfigure(errors="backslashreplace")
    console = Console(file=stream, highlight=False, soft_wrap=False)
    for block in blocks:
        console.print(block)


@contextmanager
def shown_progress(hidden: bool) -> Iterator[Progress]:
    """Shows how far a run is on standard error, where that is a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if hidden or not console.is_terminal:
        yield lambda what, count: None
        return
    with console.status("reading") as status:
        yield lambda what, count: status.update(f"{count:,} {what}")
