"""The folder of a run: the settings that it was made with, its generations, and its answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.rollouts.json_text import dump_json, make_plain, parse_json
from p2r_rewards.rollouts.output_file import OutputFile

Format = Literal["jsonl", "parquet"]

ANSWERS = "answers"
SETTINGS = "run.json"
_STORE = "generations"


class RunFolder:
    """A run's folder, made where there is none.

    Args:
        path: Where.

    Raises:
        DataError: It can't be made.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"{self.path}: can't be made: {error.strerror or error}"
            raise DataError(message) from error

    @property
    def store(self) -> Path:
        """Where generations are kept: the shards of a run share them."""
        return self.path / _STORE

    def answers(self, shard: tuple[int, int], form: Format) -> Path:
        """The file of answers, of a shard or of all questions."""
        name = ANSWERS if shard == (1, 1) else f"{ANSWERS}-{shard[0]}-of-{shard[1]}"
        return self.path / f"{name}.{form}"

    def check(self, settings: Mapping[str, Any]) -> None:
        """Keeps the settings of a new run, and refuses others in the folder of an old one.

        Raises:
            ConfigError: The run there was made with other settings, of which the message names the first; or answers
                lie there that no run has made.
            DataError: They can't be read or written.
        """
        path, plain = self.path / SETTINGS, make_plain(dict(settings))[0]
        strange = next(self.path.glob(f"{ANSWERS}*.*"), None)  # looked for first: a shard's settings come before
        try:
            known = parse_json(path.read_bytes()).value if path.exists() else None
        except (OSError, DataError) as error:
            message = f"{path}: can't be read: {error}"
            raise DataError(message) from error
        if known is None and strange is not None:
            message = f"{self.path}: holds {strange.name}, which no run there made; choose another folder for this run"
            raise ConfigError(message)
        if known is None:
            write_json(path, plain)
        elif known != plain:
            message = f"{self.path}: {_first_difference(known, plain)}; choose another folder for this run"
            raise ConfigError(message)

    @contextmanager
    def held(self, answers: Path) -> Iterator[None]:
        """Keeps other processes from writing the same answers.

        Raises:
            DataError: One is at it.
        """
        lock = FileLock(self.path / f".{answers.name}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            message = f"{answers}: another run is at work on it; wait for it, or give each its --shard"
            raise DataError(message) from None
        try:
            yield
        finally:
            lock.release()


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Writes a file of one JSON object, whole or not at all; shards may do so at once.

    Raises:
        DataError: It can't be written.
    """
    with ExitStack() as stack:
        file = OutputFile(path, stack)
        file.stream.write(dump_json(value)[0] + b"\n")
        file.commit()


def find_answers(path: str | Path) -> list[Path]:
    """The files of answers that a path names: itself, or those in a run's folder and the folders below.

    Where all questions of a run are answered in one file, its shards' files are left out.

    Raises:
        DataError: There are none.
    """
    place = Path(path)
    if not place.is_dir():
        return [place]
    folders = sorted({one.parent for form in ("jsonl", "parquet") for one in place.rglob(f"{ANSWERS}*.{form}")})
    found: list[Path] = []
    for folder in folders:
        every = sorted(one for form in ("jsonl", "parquet") for one in folder.glob(f"{ANSWERS}*.{form}"))
        whole = [one for one in every if one.stem == ANSWERS]
        found += whole[:1] or every
    if not found:
        message = f"{place}: holds no answers: no file {ANSWERS}.jsonl or {ANSWERS}.parquet lies in it"
        raise DataError(message)
    return found


def _first_difference(known: Any, wanted: Mapping[str, Any], place: str = "") -> str:
    if not isinstance(known, dict):
        return f"its {SETTINGS} is not one of a run"
    for name in dict.fromkeys([*known, *wanted]):
        old, new = known.get(name), wanted.get(name)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            return _first_difference(old, new, f"{place}{name}.")
        return f"its run was made with {place}{name} = {old!r:.100}, not {new!r:.100}"
    return "its run was made with other settings"
