"""From mentions to statements: which options a prose answer commits to, and how firmly."""

from __future__ import annotations

from enum import IntEnum
from itertools import pairwise
from typing import NamedTuple

from p2r_rewards.graders import choice_cues as cues
from p2r_rewards.graders.choice_groups import Item, link, pair_up
from p2r_rewards.graders.choice_labels import AFTER, BEFORE, is_apart, is_concluded, is_stated, may_be_label
from p2r_rewards.graders.choice_mentions import EVERYDAY, find_mentions
from p2r_rewards.graders.choice_negations import (
    NEGATED_AFTER,
    NEGATED_TEXT_BEFORE,
    NEGATOR,
    REJECTED_BEFORE,
    negates_label,
)
from p2r_rewards.graders.options import Options

STATEMENT_LIMIT = 120
"""Mentions that are weighed in one answer; one that goes on after them has settled on nothing yet."""


class Weight(IntEnum):
    """How firmly an option is named; a weaker one counts where no firmer one stands."""

    HEDGED = 0  # could be B: no commitment at all
    MENTIONED = 1  # B shows the dog
    CONCLUDED = 2  # so it's B
    JUDGED = 3  # B is correct; or the answer opens with it
    STATED = 4  # the answer is B


class Statement(NamedTuple):
    """Options named in one place.

    `clash`: a label with another option's text beside it. `alternative`: one of several (`A or B`).
    """

    start: int
    options: tuple[int, ...]
    weight: Weight
    by_label: bool
    clash: bool
    alternative: bool


def read_statements(options: Options, text: str, *, asks_for_wrong: bool = False) -> list[Statement]:
    """Every option that a tidied text names without taking it back, by position.

    Negated options and those in hypotheses without effect are left out, and `the wrong answer is B` unless the
    question `asks_for_wrong`. Of a list (`A, B and C`) each option is a statement of its own, of the same weight.
    """
    if "://" in text:
        text = cues.URL.sub(lambda match: " " * len(match[0]), text)
    mentions = [mention for mention in find_mentions(options, text) if not mention.by_label or is_apart(mention, text)]
    found: list[Statement] = []
    for group in link(pair_up(mentions[:STATEMENT_LIMIT], text), text, len(options.labels)):
        found += _weigh(group, text, asks_for_wrong)
    return sorted(found)


def _weigh(group: list[Item], text: str, asks_for_wrong: bool) -> list[Statement]:
    first, last = group[0], group[-1]
    before = text[max(0, first.first.start - BEFORE) : first.first.start]
    after = text[last.end : last.end + AFTER]
    if not may_be_label(first.first, text, linked=len(group) > 1):
        return _weigh(group[1:], text, asks_for_wrong) if len(group) > 1 else []
    by_label = first.first.by_label
    negated = negates_label(before) if by_label else NEGATED_TEXT_BEFORE.search(before) is not None
    negated = negated or (not asks_for_wrong and REJECTED_BEFORE.search(before) is not None)
    negated_after = NEGATED_AFTER.match(after) is not None and not _is_reply(last, text, after)
    stated_after = not negated_after and _is_judged(last, after)
    if len(group) > 1 and (negated_after or stated_after) and not (_joined(group, text) or after.startswith(":")):
        # `B, A is wrong`: what follows concerns the last one only.
        rest = [] if negated_after else _statements([last], text, Weight.JUDGED)
        return ([] if negated else _statements(group[:-1], text, _weight(group[:-1], text))) + rest
    if negated or negated_after:
        return []
    judged = _judged_weight(before, after, by_label=first.first.by_label) if stated_after else None
    return _statements(group, text, judged if stated_after else _weight(group, text))


def _joined(group: list[Item], text: str) -> bool:
    """Whether the last item is joined by a word (`A and B are …`) rather than by a comma alone."""
    return cues.JOINED.search(text[group[-2].end : group[-1].first.start]) is not None


def _is_reply(item: Item, text: str, after: str) -> bool:
    """Whether this is the `No` of `No, it isn't`, which what follows does not take back."""
    return text[item.first.start : item.end].lower() in ("yes", "no", "true", "false") and after[:1] in (
        ",",
        ".",
        ";",
        ":",
    )


def _is_judged(item: Item, after: str) -> bool:
    pattern = cues.STATED_AFTER if item.first.by_label else cues.STATED_TEXT_AFTER
    return pattern.match(after) is not None


def _judged_weight(before: str, after: str, *, by_label: bool) -> Weight:
    """The weight of `B is correct`, which is no more than a hypothesis in `B would be right if it barked`."""
    if _is_uncertain(before, after, by_label=by_label):
        return Weight.HEDGED
    return Weight.STATED if is_stated(before) else Weight.JUDGED


def _is_uncertain(before: str, after: str, *, by_label: bool) -> bool:
    return bool(
        (by_label and cues.REFERRED_BEFORE.search(before))
        or cues.HEDGED_BEFORE.search(before)
        or cues.CONDITION_BEFORE.search(before)
        or cues.HEDGED_AFTER.match(after)
        or cues.CONDITION_AFTER.match(after)
    )


def _statements(group: list[Item], text: str, weight: Weight | None) -> list[Statement]:
    if weight is None:
        return []
    gaps = pairwise(group)
    alternative = any(cues.ALTERNATIVE.search(text, item.end, other.first.start) for item, other in gaps)
    return [
        Statement(item.first.start, item.options, weight, item.first.by_label, item.clash, alternative)
        for item in group
    ]


def _weight(group: list[Item], text: str) -> Weight | None:
    first = group[0].first
    before = text[max(0, first.start - BEFORE) : first.start]
    after = text[group[-1].end : group[-1].end + AFTER]
    complete = len(group) > 1 and all(item.listed for item in group)
    if _is_uncertain(before, after, by_label=first.by_label):
        return Weight.HEDGED
    if cues.BETWEEN_BEFORE.search(before) and (len(group) > 1 or cues.AND_AFTER.match(after)):
        return Weight.HEDGED
    questioned = after.lstrip("\"')] ").startswith("?")
    if questioned and len(group) > 1:
        return Weight.HEDGED
    if is_stated(before):
        return Weight.MENTIONED if complete else Weight.STATED
    if cues.CALLED_BEFORE.search(before) and cues.ENDED.match(after):
        return Weight.STATED
    if not group[0].listed and cues.LINE_START.search(before) and cues.LINE_END.match(after):
        return Weight.STATED
    if questioned:
        return Weight.MENTIONED
    if first.start <= 24 and cues.LEADING.match(text[: first.start]):
        return _leading_weight(group, text, after)
    if is_concluded(before):
        return Weight.CONCLUDED
    if first.by_label and cues.TRAILING.search(before) and cues.LINE_END.match(text, group[-1].end):
        sentence = before[max(before.rfind(". "), before.rfind("\n")) + 1 :]
        return Weight.MENTIONED if NEGATOR.search(sentence) else Weight.CONCLUDED
    if not first.by_label and text[first.start : first.end].lower() in EVERYDAY:
        return None
    return Weight.MENTIONED


def _leading_weight(group: list[Item], text: str, after: str) -> Weight | None:
    """The weight of what an answer opens with: an answer, unless the options are being listed."""
    if group[0].listed or (len(group) > 1 and all(item.paired for item in group)):
        return Weight.MENTIONED
    if group[-1].paired or cues.ENDED.match(after):
        return Weight.JUDGED
    first = group[0].first
    if not first.by_label and text[first.start : first.end].lower() in EVERYDAY:
        return None
    return Weight.MENTIONED
