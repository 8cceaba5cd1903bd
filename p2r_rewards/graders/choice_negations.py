"""The words around an option that take it back: `not B`, `B is wrong`, `the least likely option is B`."""

from __future__ import annotations

import re
from functools import lru_cache

from p2r_rewards.graders.choice_cues import ADVERB, COPULA

# One word boundary before all the words: a search tries them only where a word begins.
_NOT = (
    r"(?:\b(?:not|never|cannot|neither|nor|rather than|instead of|unlike|except(?: for)?|"
    r"other than|without|none of|exclud(?:e|es|ed|ing)|eliminat(?:e|es|ed|ing)|rul(?:e|es|ed|ing) out|"
    r"discard\w{0,3}|reject\w{0,3}|dismiss\w{0,3}|disregard\w{0,3}|opposed to|cross(?:ed|ing)? out|avoid|"
    r"(?:any\w{0,5}|every\w{0,5}|all)(?: options?)? but|ignor(?:e|ing)|"
    r"over|(?<!no\s)(?<!without\s)(?<!without a\s)doubt|unlikely(?: that)?|disagree with|"
    r"no way|prefer\s[^.,;:\n]{1,30}?\sto(?=\s))|n't|"
    r"不是|不(?:应该?|應該?|能|可以?|会|要)?[选選]|排除|而非|并非|不会是|¬|~)"
)
NEGATED_LABEL_BEFORE = re.compile(
    _NOT + r"[\s\"'(\[]{0,3}(?:(?:be|being|is|it|its|it's|option|options|choice|answer|correct|the|letter|either|both|"
    r"of|a|an|simply|really|choose|choosing|pick|select|selecting|think|believe|say|go|going|went|with|for|that|to|"
    r"any|possibly|also|likely|all|chosen|out)[\s\"'(\[]{1,3}){0,6}$",
    re.IGNORECASE,
)
NEGATED_TEXT_BEFORE = re.compile(
    r"(?:\b(?:not|never|cannot|no|neither|nor|rather than|instead of|unlike|except(?: for)?|"
    r"other than|without|none of|exclud(?:e|es|ed|ing)|eliminat(?:e|es|ed|ing)|rul(?:e|es|ed|ing) out|"
    r"discard\w{0,3}|reject\w{0,3}|dismiss\w{0,3}|opposed to|far from|lack(?:s|ing)?|absence of|"
    r"fails? to|doubt|unlikely|hardly|non|less like(?:ly)?|more [^.,;:\n]{1,30}? than)|n't|"
    r"(?:不是|没有|沒有|并非|不|非|无|無|未)(?:[一这那两]?[只条个隻條個头匹位张辆本])?)"
    r"(?:[\s\"'(\[-]{1,3}(?!(?:but|so|rather|instead|it's|however|although|"
    r"only)\b)[^\s,.;:!?]{1,20}){0,4}[\s\"'(\[-]{0,3}$",
    re.IGNORECASE,
)
_UNFIT = (
    r"not (?:correct|right|true|shown|visible|mentioned|seen|present|supported|possible|relevant|accurate|matching|"
    r"consistent|applicable|valid|likely|it|in the|the (?:correct|right|best|answer)|what|depicted|stated|accurate)\b"
)
NEGATED_AFTER = re.compile(
    r"[\s\"')\]]{0,3}(?:,?\s?(?:which|that|it|they|option)\s)?(?:"
    rf"{COPULA}(?:\s(?!but\b)\w{{1,12}}){{0,2}}?\s(?:not|no longer|never)\b(?! only)"
    r"|(?:is|are|was|were|does|do|did|has|have|had|can|could|would|should|will|may|might)\s?(?:n't|not|"
    r"never)\b(?! only)"
    r"|(?:cannot|can't|won't)\b"
    rf"|{COPULA}{ADVERB}\s(?:wrong|incorrect|false|out|eliminated|excluded|ruled|unlikely|impossible|irrelevant|"
    r"inaccurate|invalid|implausible|untrue|inconsistent|unsupported|unrelated|mistaken|distractors?|off|opposite|"
    r"absent|missing|misleading|inappropriate|unsuitable|contradicted|refuted|weaker|less|least|worst|insufficient|nonsense|"
    r"too)\b"
    r"|(?:contradicts?|fails?|lacks?|misses|ignores?|makes? no sense)\b"
    r"|(?:can|could|may|should|must|has|have)(?: also| both| all)? be(?:en)? (?:eliminated|ruled|"
    r"excluded|discarded|dismissed|rejected)"
    r"|(?:项|項|选项)?\s?(?:是)?(?:不正确|不正確|不对|不對|错|錯|不符|不是|排除))"
    rf"|[\s\"')\]]{{0,3}}(?:[:(,-]?\s?(?:wrong|incorrect|false|ruled out|eliminated|excluded)\b|"
    rf"[:(-]?\s?{_UNFIT}|[✗×❌])"
    r"|[\s\"')\]]{0,3}(?:[:(-]|\.{2,3}|…|\?)\s?(?:maybe not|probably not|no)\b(?! (?:doubt|question))|\s?(?:≠|!=)",
    re.IGNORECASE,
)


@lru_cache(maxsize=1024)
def negates_label(before: str) -> bool:
    """Whether the words before a label take it back."""
    return NEGATED_LABEL_BEFORE.search(before) is not None


REJECTED_BEFORE = re.compile(
    r"(?:(?:(?<!is )(?<!are )\b(?:wrong|incorrect|false|worst|rejected|eliminated|excluded|discarded|"
    r"implausible|unlikely|"
    r"least [^\W\d_]{1,14}|not the(?: correct| right| best)?)"
    r"(?: (?:answers?|options?|choices?|statements?|ones?|letters?|descriptions?)){0,2}"
    r"|(?:that|which)(?:'s| is| are) (?:wrong|incorrect|false))"
    r" ?(?:is|are|was|were|would be|must be|should be|[=:-]):?\s{0,2}(?:(?:option|choice|the|an?)\s){0,2}"
    r"|(?:错误|錯誤|不正确|不正確|不对|不符合)的?(?:答案|选项|選項|说法|一项)?\]?\s?(?:应?[是为為选選]|:)\s?)"
    r"[\s\"'(\[]{0,3}\Z",
    re.IGNORECASE,
)
"""The wrong answer is …: an answer only where the question asks for the wrong one."""
NEGATOR = re.compile(r"(?:\b(?:not|no|never|nor|neither|other|others|wrong|incorrect)|n't)\b", re.IGNORECASE)
"""A sentence that holds one concludes nothing by the label in brackets at its end."""
