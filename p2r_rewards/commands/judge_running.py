"""What the commands of `p2r-judge` share: their input, their errors, their end, and what they print."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click

from p2r_rewards.errors import ConfigError, DataError, MissingExtraError


def read_maps(maps: tuple[str, ...]) -> dict[str, str]:
    """Fields with the columns that the user named."""
    mapping: dict[str, str] = {}
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
def errors_told(command: str) -> Iterator[None]:
    """Turns what a user can mend into one line and an exit status."""
    try:
        yield
    except (DataError, MissingExtraError) as error:
        fail(command, str(error), 1)
    except ConfigError as error:
        fail(command, str(error), 2)
    except BrokenPipeError:
        raise
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        fail(command, f"{place}{error.strerror or error}", 1)


@contextmanager
def ended_cleanly() -> Iterator[None]:
    """Lets SIGTERM end a run as an error would: no temporary file stays, and what was judged is in the cache."""

    def end(*_: object) -> NoReturn:
        raise SystemExit(128 + signal.SIGTERM)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    except (KeyboardInterrupt, SystemExit) as error:
        status = 128 + signal.SIGINT if isinstance(error, KeyboardInterrupt) else error.code
        if status in (128 + signal.SIGINT, 128 + signal.SIGTERM):
            click.echo("p2r-judge verdicts: interrupted; the same command asks only what the cache lacks", err=True)
        sys.exit(status)
    finally:
        signal.signal(signal.SIGTERM, before)


def fail(command: str, message: str, status: int) -> NoReturn:
    """Ends the command with a message and a status."""
    click.echo(f"p2r-judge {command}: {plain(message)}", err=True)
    sys.exit(status)


def plain(text: str) -> str:
    """The text without control characters."""
    from p2r_rewards.commands.terminal import clean

    return clean(text).plain


def show_blocks(summary: dict[str, Any], blocks: str, *, as_json: bool, to_stderr: bool = False) -> None:
    """Prints a summary: as tables by that function of `judge_terminal`, or as JSON."""
    if as_json:
        from p2r_rewards.rollouts.json_text import dump_json

        click.echo(dump_json(summary)[0], err=to_stderr)
        return
    from io import TextIOWrapper

    from rich.console import Console

    from p2r_rewards.commands import judge_terminal

    stream = sys.stderr if to_stderr else sys.stdout
    if isinstance(stream, TextIOWrapper):  # what its encoding lacks must not fail a run that is done
        stream.reconfigure(errors="backslashreplace")
    console = Console(file=stream, highlight=False, soft_wrap=False)
    for block in getattr(judge_terminal, blocks)(summary):
        console.print(block)


@contextmanager
def shown_progress(hidden: bool, verb: str) -> Iterator[Callable[[int], None]]:
    """Shows the number of rows so far on standard error, where that is a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if hidden or not console.is_terminal:
        yield lambda rows: None
        return
    with console.status(verb) as status:
        yield lambda rows: status.update(f"{rows:,} rows {verb}")
