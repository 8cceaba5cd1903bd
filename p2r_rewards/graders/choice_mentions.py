"""Where a text mentions options, by label or in their own words."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from p2r_rewards.graders.choice_text import join_words, lower
from p2r_rewards.graders.options import Options

MENTION_LIMIT = 1_000
"""Places that are looked at in one answer; later ones are ignored."""

_SEARCH_BUDGET = 2_000_000  # characters compared while looking for texts that overlap themselves

# Letters and digits of scripts that put blanks between words: `答案是B` holds the label B.
_WORD = r"[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
_LATIN_LABEL = re.compile(r"[A-Z]{1,2}\Z")
# Words that are found everywhere: as options they count where they are stated, not where they are mentioned.
EVERYDAY = frozenset(
    re.findall(
        r"\w+",
        "yes no none all both it one some any this that in on i a not he she they we you",
    )
)


# Words that make another thing of a side, a colour or an animal.
_MODIFIERS = {
    "dog": frozenset(("hot", "corn", "prairie")),
    "dogs": frozenset(("hot", "corn", "prairie")),
    "horse": frozenset(("sea", "rocking")),
    "bear": frozenset(("teddy",)),
    "pig": frozenset(("guinea",)),
    "fish": frozenset(("star", "jelly")),
    **dict.fromkeys(("left", "right"), frozenset(("front", "back", "rear", "upper", "lower", "top", "bottom"))),
    **dict.fromkeys(
        re.findall(r"\w+", "red green blue yellow orange purple pink brown grey gray"),
        frozenset(("light", "dark", "pale", "deep", "bright")),
    ),
}
_FIRST_WORD = re.compile(r"[^\W\d_]{1,20}")
_LAST_WORD = re.compile(r"[^\W\d_]{1,20}\Z")
# Before and after a word of a script without blanks, where the word begins and ends: `是一只狗的`.
_LEADING_IN = "是为為選选有在了着到出见到的：:只隻条條个個头匹位名张張辆棵朵件本台座种群双片块名"
_LEADING_ON = "的了是在和与或而正吧呢吗"


class Mention(NamedTuple):
    """One mention: where, which options (none: a letter outside the list), and whether by its label."""

    start: int
    end: int
    options: tuple[int, ...]
    by_label: bool
    bracketed: bool = False


@lru_cache(maxsize=64)
def _label_pattern(labels: tuple[str, ...]) -> re.Pattern[str]:
    """Labels come from the data and are letters or digits; never a model's text."""
    if all(_LATIN_LABEL.match(label) for label in labels):
        name = "[A-Za-z]" if all(len(label) == 1 for label in labels) else "[A-Z]{1,2}|[a-z]"
    else:
        name = "|".join(sorted(map(re.escape, labels), key=len, reverse=True))
    return re.compile(
        rf"(?<!{_WORD})(?<!')(?<!\w[-.])(?:(?P<open>[(\[])\s?)?(?P<label>{name})(?(open)\s?[)\]]|(?!{_WORD}|[\^+=]))(?!'(?!s\s(?:correct|right|the)\b)[^\W_])(?!-\w)(?!\.[A-Za-z]\.)",
        re.IGNORECASE if not all(_LATIN_LABEL.match(label) for label in labels) else 0,
    )


def find_mentions(options: Options, text: str) -> list[Mention]:
    """The mentions in a tidied text by position; where two overlap, the longer one counts."""
    by_words = find_texts(options, lower(text).replace("\n", " "))
    covered = iter(by_words)
    current = next(covered, None)
    found: list[Mention] = []
    for match in _label_pattern(options.labels).finditer(text):
        while current is not None and current.end <= match.start("label"):
            current = next(covered, None)
        # An option's own words cover the letters in them, but not the one that stands before them.
        if current is not None and current.start <= match.start("label"):
            continue
        position = options.index.get(match["label"].upper())
        named = () if position is None else (position,)
        found.append(Mention(match.start("label"), match.end("label"), named, True, match["open"] is not None))
        if len(found) >= MENTION_LIMIT:
            break
    return sorted(found + by_words)


def find_texts(options: Options, text: str) -> list[Mention]:
    """Whole-word occurrences of the options' texts, longest first, none inside another."""
    found: list[Mention] = []
    joined = join_words(text)
    taken = bytearray(len(text))
    budget = _SEARCH_BUDGET
    for needle, named in options.needles:
        if len(needle) > len(text):
            continue
        position = joined.find(needle)
        while position >= 0 and len(found) < MENTION_LIMIT and budget > 0:
            budget -= len(needle)
            end = position + len(needle)
            if (
                not taken[position]
                and not taken[end - 1]
                and _is_whole(text, position, end)
                and not _is_modified(options, joined, position)
            ):
                taken[position:end] = b"\x01" * len(needle)
                found.append(Mention(position, end, named, False))
                position = joined.find(needle, end)
            else:
                position = joined.find(needle, position + 1)
    return sorted(found)


def _is_modified(options: Options, text: str, start: int) -> bool:
    """Whether the word before makes it another thing: `front left` is not `left`, nor `dark blue` `blue`."""
    if text[start - 1 : start] != " ":
        return False
    word = _LAST_WORD.search(text, max(0, start - 24), start - 1)
    if word is None:
        return False
    named = _FIRST_WORD.match(text, start)
    return word[0] in options.modifiers or (named is not None and word[0] in _MODIFIERS.get(named[0], ()))


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether a stretch of text begins and ends where a word, a number or a formula does."""
    before, after = text[start - 1 : start], text[end : end + 1]
    first, last = text[start], text[end - 1]
    joined_before = first.isalnum() and before and (before.isalnum() or before == "_")
    if joined_before and not (_is_unspaced(first) and before in _LEADING_IN):
        return False
    if (
        last.isalnum()
        and after
        and (after.isalnum() or after == "_")
        and not (_is_unspaced(last) and after in _LEADING_ON)
    ):
        return False
    if first.isdigit() and before and before in "-./^,:" and (before == "-" or text[start - 2 : start - 1].isdigit()):
        return before in ",:" and not text[start - 2 : start - 1].isdigit()
    if last.isdigit() and (after == "^" or (after and after in ".,:/" and text[end + 1 : end + 2].isdigit())):
        return False
    if (after == "'" and text[end + 1 : end + 2].isalpha()) or (
        before == "'" and text[start - 2 : start - 1].isalpha()
    ):
        return False
    # A hyphen joins: `non-stick`, `dog-like`; one with blanks round it does not.
    if before == "-" and text[start - 2 : start - 1].isalnum():
        return False
    return not (after == "-" and text[end + 1 : end + 2].isalnum())


def _is_unspaced(char: str) -> bool:
    return "\u3040" <= char <= "\u30ff" or "\u3400" <= char <= "\u9fff"
