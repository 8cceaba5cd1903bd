"""Token counts of both processes, by a tokenizer from a local file."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from p2r_rewards.completion import Completion, Process
from p2r_rewards.errors import ConfigError, MissingExtraError
from p2r_rewards.lengths import Lengths
from p2r_rewards.regions import inner_regions

MAX_CHARS = 2_000_000
"""A longer completion is not tokenized."""


class TokenCounter:
    """Counts the tokens that start inside the tags.

    Args:
        path: A `tokenizer.json`, or a folder that holds one. Nothing is downloaded, and no code of a model runs.

    Raises:
        ConfigError: There is no such file, or it can't be read.
        MissingExtraError: The package tokenizers is not installed.
    """

    def __init__(self, path: Path) -> None:
        try:
            from tokenizers import Tokenizer
        except ImportError as error:
            package, extra = "tokenizers", "tokenizer"
            raise MissingExtraError(package, extra) from error
        self.path = path / "tokenizer.json" if path.is_dir() else path
        try:
            content = self.path.read_bytes()
            self._tokenizer = Tokenizer.from_buffer(content)
        except Exception as error:  # tokenizers raises bare Exceptions
            message = f"tokenizer {path}: can't be read as a tokenizer.json ({error!s:.120}); give a local file"
            raise ConfigError(message) from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.sha256 = sha256(content).hexdigest()

    def decode(self, ids: list[int]) -> str:
        """The text of the ids, with nothing left out."""
        return str(self._tokenizer.decode(ids, skip_special_tokens=False))

    def ids_of(self, tokens: Iterable[str]) -> frozenset[int]:
        """The ids of those texts that are tokens."""
        found = map(self._tokenizer.token_to_id, tokens)
        return frozenset(one for one in found if one is not None)

    def count(self, completions: Sequence[Completion]) -> list[Lengths | None]:
        """The tokens inside the observation, and inside think and answer together, of each completion."""
        texts = ["" if len(done.text) > MAX_CHARS else _encodable(done.text) for done in completions]
        encodings = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        return [
            None if len(done.text) > MAX_CHARS else _count(done, [start for start, _ in encoding.offsets])
            for done, encoding in zip(completions, encodings, strict=True)
        ]


def _count(completion: Completion, starts: list[int]) -> Lengths:
    counts = dict.fromkeys(Process, 0)
    for start, end, process in inner_regions(completion):
        counts[process] += bisect_left(starts, end) - bisect_left(starts, start)
    return counts[Process.PERCEPTION], counts[Process.REASONING]


def _encodable(text: str) -> str:
    """The text with a question mark for each lone surrogate, so that offsets stay."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
