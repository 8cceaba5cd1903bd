"""The keys that rows of a data set are found by: 64-bit hashes of ids, of questions, and of what goes with these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b

from p2r_rewards.rollouts.dataset_rows import DatasetRow
from p2r_rewards.rollouts.media_paths import media_name
from p2r_rewards.rollouts.prompt_text import Lines, read_lines
from p2r_rewards.rollouts.shown_options import bare_options

OPENING = 3
"""Words by which a question's beginning is looked for in a prompt; a shorter question is its own opening."""


def id_key(identity: str) -> int:
    """The key of a problem id."""
    return _hash("i", identity)


def question_key(question: str) -> int:
    """The key of a question without needless white space."""
    return _hash("q", question)


def media_key(question: str, path: str) -> int:
    """The key of a question with the name of its first medium; an empty path is no medium."""
    return _hash("m", question, media_name(path))


def options_key(question: str, options: Sequence[str]) -> int:
    """The key of a question with its options, of which there may be none."""
    return _hash("o", question, *options)


def name_key(path: str) -> int:
    """The key of a medium's file name."""
    return _hash("n", media_name(path))


def path_key(path: str) -> int:
    """The key of a medium's whole path."""
    return _hash("p", path)


def opening_keys(words: Sequence[str], start: int) -> Iterator[int]:
    """The keys of the openings that a question beginning at a word of a prompt can have."""
    for count in range(1, OPENING + 1):
        if start + count <= len(words):
            yield opening_key(words[start : start + count])


def opening_key(words: Sequence[str]) -> int:
    """The key of a question's first words."""
    return _hash("b", " ".join(words[:OPENING]))


def row_keys(row: DatasetRow) -> tuple[set[int], set[tuple[int, int]]]:
    """The keys that a row is found by; and the opening and the number of words of each of its questions."""
    keys: set[int] = set()
    openings: set[tuple[int, int]] = set()
    if row.id is not None:
        keys.add(id_key(row.id))
    options = bare_options(row.options)
    for question in row.questions:
        lines: Lines = read_lines(question)
        text = lines.text
        keys.add(question_key(text))
        openings.add((opening_key(lines.words), len(lines.words)))
        keys.add(media_key(text, row.media[0] if row.media else ""))
        keys.add(options_key(text, options))
    return keys, openings


def _hash(*parts: str) -> int:
    # Two texts may share a key: whoever looks one up compares what it finds.
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big", signed=True)
