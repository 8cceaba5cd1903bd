"""Whether a letter in prose is meant as a label: not as an article, a pronoun, or part of a name."""

from __future__ import annotations

import re
from functools import lru_cache

from p2r_rewards.graders import choice_cues as cues
from p2r_rewards.graders.choice_mentions import Mention
from p2r_rewards.graders.choice_negations import NEGATED_AFTER, negates_label

BEFORE, AFTER = 110, 70
"""Characters that are looked at on either side of a mention."""

_REASON_AFTER = re.compile(
    r"[\s\"]{0,2}(?:$|[\n.,:;!?)\]、。，还或和与及-]|\((?![A-Za-z]\))|"
    r"\b(?:because|since|as|due to|given|for|is|was|seems|appears|"
    r"would|should|must|matches|fits|(?:and|or|plus|to|vs\.?)\s(?:(?:maybe|possibly|perhaps|probably|even|also|"
    r"option)\s){0,2}[\"(]?(?-i:[A-Z])(?![^\W_])|which|based|according|it is|&|/|因为|是)(?![^\W_]))",
    re.IGNORECASE,
)
"""What may follow a bare `A` for it to be the letter and no article."""

_PLAIN_BEFORE = re.compile(
    r"(?:^|(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bMrs)[.!?;:,\n(\[\"'=-]\s?|[-=]>\s?|[是为為选選项項]\s?|(?<![^\W_])(?:is|are|was|be|so|to|with|than|by|in|that|for|"
    r"from|of|and|or|but|plus|[a-z]{2,14}ly|doubt|leaves|"
    r"option|options|choice|answer|letter|both|only|either|say|chooses?|then|per|see|under|"
    r"supports?|favou?rs?|means|suggests?|definitely|probably|certainly|likely|clearly|surely|obviously|yes|"
    r"hmm+)\s)[\"'(\[]{0,2}$",
    re.IGNORECASE,
)
"""What may stand before a bare letter that is mentioned: no noun, as in `vitamin B` and `person A`, and no title."""

_PLAIN_CHARS = 32  # more than `_PLAIN_BEFORE` can match
_OPENING_AFTER = re.compile(r"\s(?:is (?:the )?(?:correct|right|answer)|because)\b")
"""What makes a label of a small letter that opens the answer."""


@lru_cache(maxsize=1024)
def is_stated(before: str) -> bool:
    """Whether the words before an option state it: `the answer is …`."""
    return cues.STATED_BEFORE.search(before) is not None


@lru_cache(maxsize=1024)
def is_concluded(before: str) -> bool:
    """Whether the words before an option conclude it: `so it is …`."""
    return cues.CONCLUDED_BEFORE.search(before) is not None


def is_apart(mention: Mention, text: str) -> bool:
    """Whether a letter stands by itself: the article `A` and the pronoun `I` run on into a sentence."""
    label = text[mention.start : mention.end]
    if mention.bracketed:
        return bool(mention.options)
    if label.isupper() and label not in ("A", "I") and mention.options:
        return True
    before = text[max(0, mention.start - BEFORE) : mention.start]
    after = text[mention.end : mention.end + AFTER]
    if mention.options and not label.islower() and cues.OPTION_BEFORE.search(before):
        return True
    if label == "I":
        return cues.LINE_END.match(after) is not None or cues.ENUMERATED.match(after) is not None
    return _REASON_AFTER.match(after) is not None


def may_be_label(mention: Mention, text: str, *, linked: bool) -> bool:
    """Whether a letter that stands by itself is meant as a label, and not as part of a name such as `vitamin B`."""
    if not mention.by_label or mention.bracketed:
        return True
    label = text[mention.start : mention.end]
    before = text[max(0, mention.start - BEFORE) : mention.start]
    after = text[mention.end : mention.end + AFTER]
    enumerated = cues.ENUMERATED.match(after) is not None
    if cues.LINE_START.search(before) and (enumerated or cues.LINE_END.match(after)):
        return mention.options != () or label not in ("A", "I")
    stated = is_stated(before) or is_concluded(before)
    if stated:
        return True
    if not mention.options:
        return linked and label not in ("A", "I")
    if cues.OPTION_BEFORE.search(before):
        return True
    if not (label.isascii() and label.isalpha() and label.isupper()):
        return (linked and enumerated) or (mention.start == 0 and _OPENING_AFTER.match(after) is not None)
    return (
        linked
        or _PLAIN_BEFORE.search(before, max(0, len(before) - _PLAIN_CHARS)) is not None
        or cues.HEDGED_BEFORE.search(before) is not None
        or cues.CALLED_BEFORE.search(before) is not None
        or negates_label(before)
        or cues.STATED_AFTER.match(after) is not None
        or NEGATED_AFTER.match(after) is not None
    )
