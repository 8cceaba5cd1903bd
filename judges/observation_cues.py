"""What in an observation is no description: words to a judge, statements of an answer, guesses, and what is not seen.

Every pattern is tried only where its trigger, a plain substring, occurs: that costs next to nothing for honest text.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Cue(NamedTuple):
    """A pattern for lower-case text, and the substrings of which one must be there for it to match."""

    triggers: tuple[str, ...]
    pattern: re.Pattern[str]


def _cue(triggers: str, pattern: str) -> Cue:
    return Cue(tuple(triggers.split("|")), re.compile(pattern, re.MULTILINE))


def find_cue(cues: tuple[Cue, ...], lowered: str) -> str | None:
    """The first match of any cue in a lower-case text, or None."""
    for triggers, pattern in cues:
        for trigger in triggers:
            if trigger in lowered:
                match = pattern.search(lowered)
                if match is not None:
                    return match[0]
                break
    return None


_ROLES = "system|assistant|user|human|judge|developer"
INJECTIONS = (
    _cue("judg", r"judge?ment|\bjudges?\b ?[:,]|\bjudge (?:with|by yes|it|this|them)\b"),
    _cue("deduced", r"\b(?:answer|it|this) (?:can|could|may) (?:be |easily be )?deduced\b"),
    _cue("verdict", r"\bverdict\b"),
    _cue(
        "<",
        rf"</?(?:observation|think|answer|gold|instruction|{_ROLES})|<\|[a-z_]{{2,30}}\|>|<<sys>>|<(?:start|"
        rf"end)_of_turn>",
    ),
    _cue("[", r"\[/?(?:inst|sys|system|user|assistant|judge)\]|\[(?:begin|end) [0-9a-f]{4,64}\]"),
    _cue("{", r"\{\{? ?(?:gold|answer|question|observation|options?|solution|correct_answer|judgement|fence)s? ?\}"),
    _cue("--|==|**", r"(?:---|===|\*\*\*) ?(?:begin|end|start|stop)\b"),
    _cue("#", r"^[ \t]{0,4}#{1,6} ?(?:system|instruction|assistant|user|response)"),
    _cue(_ROLES, rf"^[ \t]{{0,4}}(?:{_ROLES}) ?:"),
    _cue(
        "ignor|disregard|forget|overrid|bypass",
        r"\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}\b(?:instructions?|above|previous|prior|"
        r"rules?|prompt|"
        r"task|criteria|guidelines?|question)\b",
    ),
    _cue(
        "you ",
        r"\byou (?:are|must|should|have to|need to|will|can) (?:now |not |no longer ){0,2}(?:a |an |the )?"
        r"(?:helpful )?(?:judge|grade|grading|grader|assistant|evaluat\w{1,4}|"
        r"respond|reply|output|answer yes|say yes|accept|approve|mark|rate|return|conclude|print|write)",
    ),
    _cue(
        "judge|grader|evaluator|reviewer|annotator|assessor",
        r"\b(?:note|message|attention|instructions?|reminder|dear|hey|hello)\b[^.\n]{0,20}\b(?:judge|grader|evaluator|"
        r"reviewer|annotator|assessor)s?\b|\b(?:judge|grader|evaluator|assessor)s?\b ?[:,]",
    ),
    _cue(
        "observation|description|evidence|information|text|paragraph",
        r"\b(?:this|the|my|above|these) (?:observations?|description|evidence|information|text|"
        r"paragraph)\b (?:above |here |"
        r"given )?(?:is|are|was|were|must be|should be|has been|have been|fully|clearly|strictly|completely|"
        r"contains? (?:all|"
        r"enough|sufficient|everything))\b[^.\n]{0,40}\b(?:sufficient|enough|suffices?|complete|correct|adequate|"
        r"verified|"
        r"approved|valid|accept\w{0,5}|deduce\w{0,3}|needed|evidence|information)\b",
    ),
    _cue("{", r"\{[0-9]{1,2}\}|\{(?:gold|answer|question)[!.:]"),
    _cue("as sufficient|language model", r"\bas sufficient\b|\b(?:if|as) (?:you are )?an? (?:large )?language model\b"),
    _cue(
        "ignore|antworte|回答|responde", r"\bignorez\b|\brépondez\b|\brepondez\b|\bantworte mit\b|请回答|\bresponde\b"
    ),
    _cue(
        "sufficient", r"\bsufficient (?:to|for|evidence|information|observation)|\bsufficient ?[:=] ?(?:yes|true|1)\b"
    ),
    _cue(
        "yes|true|sufficient",
        r"\b(?:respond|reply|output|print|return|say|answer) (?:with |only |just |"
        r"simply ){0,2}[\"'‹<(]{0,2}(?:yes|true|"
        r"sufficient)\b",
    ),
    _cue(
        "answer|solution|label",
        r"\b(?:correct|gold|reference|ground[- ]truth|expected) (?:answer|solution|"
        r"label)\b[^.\n]{0,30}\b(?:can be |is |"
        r"was )?(?:deduced|follows|derived|inferred)",
    ),
    _cue("mark ", r"\bmark (?:this|it|as)\b"),
    _cue("give ", r"\bgive (?:it |this )?(?:full|a full|the full|maximum)"),
)
"""What speaks to a judge, whoever it is: the whole observation is worth nothing."""

STATEMENTS = (
    _cue("boxed", r"\\boxed\b"),
    _cue(
        "answer|option|choice",
        r"\b(?:answers?|options?|choices?)\b(?: to (?:the|this) question)?(?: is| are| must be| should be|"
        r" would be| will be|"
        r"'s| [a-j]\b| \([a-j]\)| number|:| =|$)|^[ \t]{0,4}(?:so |thus |therefore )?(?:my |the |final |"
        r"correct ){0,3}answer\b|"
        r"\b(?:gold|reference|expected|intended|final|correct|right|the|my|an) answer\b|"
        r"\banswers? (?:the|this) question\b|\boptions? (?:are|include|might|may|could|to)\b|"
        r"\b(?:all|any|each|none|which) (?:of )?(?:the |these )?options\b",
    ),
    _cue(
        "question|conclu|known|we know|everybody|correct",
        r"\b(?:the|this) question (?:asks|expects?|wants?|calls|requires?|needs?|seeks?|is|can|"
        r"how|what|which|who|where|why)\b|"
        r"\b(?:as for|concerning|regarding|to) (?:the|this) question\b|\bwe know that\b|\bit is (?:well )?known that\b|"
        r"\bit (?:can|may|must) be (?:concluded|deduced|inferred|said)\b|"
        r"\b(?:everybody|everyone|anyone) (?:can see|knows)\b|"
        r"\bcorrect (?:count|number|value|total|result|text|word)\b",
    ),
    _cue(
        "one of|truth|guess|solution|result|final",
        r"\bone of (?:these|the following|them) ?:|\b(?:ground[- ]truth|guess|solution|result|final) ?(?:[:=]|"
        r"equals\b)",
    ),
    _cue(
        "know|points to|doubt|ruled out|think|believe",
        r"\bas (?:everyone|everybody|anyone) knows?\b|\beverything points to\b|\bwithout (?:any |a )?doubt\b|"
        r"\bcan be ruled out\b|\b(?:i|we) (?:think|believe)\b",
    ),
    _cue(
        "possibilit|alternative|candidate",
        r"\b(?:possibilit(?:y|ies)|alternatives?|candidates?) (?:is|are|include|might|may|could)\b",
    ),
    _cue(
        "ing all|ing every|ing by|ing each",
        r"\b(?:considering|comparing|weighing|adding up|judging by|going by|reading) (?:all|everything|each|"
        r"the usual)\b",
    ),
    _cue("correct|right|true|best", r"\b(?:correct|right|true|best) (?:one|answer|option|choice|statement)\b"),
    _cue("choos|select|pick", r"\b(?:choose|select|pick)(?:s|ing)? (?:option |answer )?\(?[a-j]\)?(?![\w'])"),
    _cue(
        "so|thus|hence|therefore",
        r"\b(?:therefore|so|thus|hence),? (?:it is|it's|the (?:number|result|value|color|colour|object) is)? ?"
        r"\(?[a-j]\)?[ .!]{0,2}$",
    ),
)
"""What states an answer, in lower case: the sentence is no description."""

LETTER_CLAIM = re.compile(r"(?:^|\bis |\b(?:so|therefore|thus|hence),? )\(?[A-J]\)?[.!]?\s{0,2}$")
"""A sentence that comes down to an option's letter: `So it is B.`"""

OPENER = re.compile(
    r"^[\s\"']{0,4}(?:based on the question,? )?(?:i|we) (?:need|have|want) to (?:notice|look at|observe|check|"
    r"see|identify|"
    r"find|focus on|determine|pay attention to)[ :,]{1,3}(?:(?:exactly |carefully )?(?:what|how many|how much|"
    r"which|whether|"
    r"where|who|when|why|how|if|the (?:number|color|colour|position|order|direction|object|text|action)s? (?:of|"
    r"in|on|that))\b"
    r"[^.;:!?\n]{0,300})?",
    re.IGNORECASE,
)
"""The words that open an observation, with the question that they lead to: what is sought, not what is seen."""

UNSEEN_WORDS = frozenset(
    [
        "not",
        "cannot",
        "never",
        "hardly",
        "barely",
        "too",
        "hidden",
        "obscured",
        "illegible",
        "unreadable",
        "invisible",
        "unclear",
        "unknown",
        "out",
        "cut",
        "cropped",
        "turned",
        "blank",
        "blurry",
        "blurred",
        "impossible",
        "hard",
        "difficult",
    ]
)
UNSEEN = re.compile(
    r"\b(?:not|n't|cannot|never|hardly|barely|too (?:small|far|blurry|dark|blurred|"
    r"faint)(?: to)?) (?:be )?(?:clearly |fully |"
    r"directly )?(?:visible|seen|shown|readable|legible|read|make out|made out|clear|recogni[sz]able|discernible|"
    r"identif\w{1,7}|tell|determined?|in (?:the )?(?:frame|view))\b|\b(?:hidden|obscured|illegible|unreadable|"
    r"invisible|"
    r"unclear|unknown|out of (?:the )?(?:frame|view|focus|sight|shot)|cut off|cropped|turned away|blank|blurry|blurred|"
    r"impossible to|hard to|difficult to)\b"
)
"""What can't be seen; tried where one of `UNSEEN_WORDS`, or a word in n't, stands."""

HEDGES = frozenset(
    [
        "could",
        "might",
        "may",
        "maybe",
        "perhaps",
        "possibly",
        "whether",
        "unless",
        "if",
        "suppose",
        "imagine",
        "guess",
        "assume",
        "consider",
        "supposedly",
        "usually",
        "typically",
        "normally",
        "commonly",
        "presumably",
        "probably",
        "often",
        "tend",
        "tends",
        "generally",
    ]
)
"""Words that make their clause a guess."""

EITHER = re.compile(r"\beither\b[^.,;]{1,60}\bor\b")
