"""Option texts and answers made comparable: markup taken off, then keys from strict to loose."""

from __future__ import annotations

import re

from p2r_rewards.normalize import fold

# Before NFKC, which would turn 10² into 102 and 1½ into 11/2; then what NFKC leaves apart.
_POWERS = {ord(raised): f"^{plain}" for raised, plain in zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)}
_BEFORE_FOLDING = _POWERS | {ord("½"): " 1/2", ord("¼"): " 1/4", ord("¾"): " 3/4"}
_AFTER_FOLDING = (
    dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\ufe0e\ufe0f"), None)
    | dict.fromkeys(map(ord, "‘’‚′ʼ"), "'")
    | dict.fromkeys(map(ord, "“”„″«»「」『』"), '"')
    | dict.fromkeys(map(ord, "−‐‑‒–—―"), "-")
    | {ord("⁄"): "/", ord("【"): "[", ord("】"): "]", ord("〔"): "[", ord("〕"): "]"}
    | dict.fromkeys(map(ord, "✗✘✖❌❎🚫"), " wrong ")
    | {0x1F150 + i: chr(65 + i) for i in range(26)}  # 🅐
    | {0x1F170 + i: chr(65 + i) for i in range(26)}  # 🅰
)
# Control characters that are no blanks; and those that turn the direction of writing, which become letters: what
# they stand in is no label.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
_TURNS = re.compile("[\u061c\u202a-\u202e\u2066-\u2069]")
_TURNED = "\u02d0"
_PICTURES = re.compile("[\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")

_HAS_MARKUP = re.compile(r"[\\$*_`~<>{}#\t\r\n•▪‣●○|\"]")
_FENCE = re.compile(r"```[a-zA-Z]{0,12}[ \t]*(?:\r?\n|$)|```")
_BOXED = re.compile(r"\\f?box(?:ed)?\s?\{((?:[^{}]|\{[^{}]{0,80}\}){0,160}+)\}")
_BOXED_LIMIT = 65_536
_COMMAND = re.compile(
    r"\\(?:text(?:bf|it|rm|tt|sf|sc|up)?|math(?:bf|it|rm|tt|sf|bb|cal)|operatorname|emph|underline|mbox|left|right"
    r"|displaystyle|bf|rm|it|[()\[\],;:! ])(?![a-zA-Z])\s?\{?"
)
_ESCAPED = re.compile(r"\\([%#&$_])")
_BREAKING_TAG = re.compile(r"</?(?:br|p|div|li|ul|ol)\s?/?>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:em|strong|span|mark|code|pre|tt|sup|sub|font|center|answer|final_answer|choice|option|h[1-6])"
    r"(?:\s[^<>]{0,40})?/?>",
    re.IGNORECASE,
)
_LETTER_TAG = re.compile(r"</?[bius]>", re.IGNORECASE)
_STARS = re.compile(r"(?<![\d)])\*{1,3}|\*{1,3}(?![\d(])|~~|`|\$")
_UNDERSCORES = re.compile(r"(?<![^\W_])_{1,3}|_{1,3}(?![^\W_])")
_POINT = re.compile(r"(?<![\w.)])\.(?=\d)")  # the one of `.5`
_BULLET = re.compile(r"^(?:-\s(?![\d$€£])|[•▪‣●○>|]\s|#{1,6}\s|[•▪‣●○])\s?")

EDGES = " \t\n.,;:!?\"'。、，；：！？…·"
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def _fold(text: str) -> str:
    """NFKC with powers and fractions spelt out; left alone where it would blow the text up (`ﷺ` becomes 18 letters)."""
    if text.isascii() or text.count("\ufdfa") > 4:
        return text
    folded = fold(text.translate(_BEFORE_FOLDING))
    return folded if len(folded) <= 2 * len(text) + 64 else text


def exact_key(text: str) -> str:
    """NFKC and single blanks, case and punctuation kept: texts with the same key are the same text."""
    return " ".join(_fold(text).split())


def tidy(text: str) -> str:
    r"""The text without markdown, LaTeX wrappers, HTML emphasis and invisible characters, one blank between words.

    Line breaks stay, empty lines go. `\boxed{` becomes `Answer:`, which is what it says.

    Example:
        >>> tidy("So: **B**\n\n$\\boxed{\\text{B}}$")
        'So: B\nAnswer: B'
    """
    if not text.isprintable():
        text = _TURNS.sub(_TURNED, _CONTROLS.sub("", text))
    if not text.isascii():
        text = _fold(text).translate(_AFTER_FOLDING)
        text = _PICTURES.sub(" ", text)
    if "." in text:
        text = _POINT.sub("0.", text)
    if _HAS_MARKUP.search(text) is None:
        return " ".join(text.split())
    if "`" in text:
        text = _FENCE.sub("\n", text)
    if "\\" in text:
        if len(text) <= _BOXED_LIMIT:
            text = _BOXED.sub(r"\nAnswer: \1\n", _BOXED.sub(r"\nAnswer: \1\n", text))  # one may hold another
        text = _COMMAND.sub(" ", _ESCAPED.sub(r"\1", text).replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac"))
    if "<" in text:
        text = _TAG.sub(" ", _BREAKING_TAG.sub("\n", text))
        text = _LETTER_TAG.sub(" ", text) if "</" in text else text
    text = _UNDERSCORES.sub("", _STARS.sub("", text))
    text = text.replace("{", " ").replace("}", " ")
    lines = (" ".join(_BULLET.sub("", line.lstrip()).split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def lower(text: str) -> str:
    """The text in lower case, of the same length, so that offsets stay true."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(small if len(small := char.lower()) == 1 else char for char in text)


_ARTICLE = re.compile(r"(?:an?|the) (?=\S)")


def plain_key(text: str) -> str:
    """Case, markup, punctuation at the ends, one pair of brackets around all and a leading article do not count.

    Example:
        >>> plain_key("**A brown dog.**")
        'brown dog'
    """
    stripped = lower(tidy(text)).replace("\n", " ").strip(EDGES)
    close = _PAIRS.get(stripped[:1])
    if close is not None and stripped.endswith(close) and not any(bracket in stripped[1:-1] for bracket in "()[]"):
        stripped = stripped[1:-1].strip(EDGES)
    if match := _ARTICLE.match(stripped):
        stripped = stripped[match.end() :]
    return stripped


_TOKEN = re.compile(r"(?:-\s?)?\d+(?:[.,:]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)?|[^\w\s.,;:!?\"'()\[\]$%£€°。、]")
_THOUSANDS = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?\Z")
# An `a` that a word follows; in `dog (A)` and `A, dog` it is a letter.
_ARTICLE_WORD = re.compile(
    r"(?<![^\W_])(?:an?|the)\s(?=[^\W_])(?!(?:an?|the)(?![^\W_]))|(?<![^\W_])(?:an|the)(?![^\W_])"
)
_HYPHEN = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")
_LEADING_ZERO = re.compile(r"0\d:")
_QUANTIFIERS = frozenset(("all", "none", "both", "any", "some", "each"))
_COUNT = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
)
NUMBER_WORDS = {word: str(value) for value, word in enumerate(re.findall(r"\w+", _COUNT))}
# Words whose absence changes nothing. Prepositions, pronouns of persons and negations are none of them.
_FILLERS = frozenset(re.findall(r"\w+", "it is are was were be been being this that these those there of just"))


def join_words(text: str) -> str:
    """The text with blanks for hyphens between letters, of the same length."""
    return _HYPHEN.sub(" ", text)


def tokens(text: str) -> tuple[str, ...]:
    """Words, signed numbers and symbols in order; articles, units and punctuation left out, `three` as `3`.

    Example:
        >>> tokens("The three dogs, at -5°")
        ('3', 'dogs', 'at', '-5')
    """
    found: list[str] = []
    for token in _TOKEN.findall(join_words(_ARTICLE_WORD.sub("", lower(tidy(text))))):
        if token == "of" and found and found[-1] in _QUANTIFIERS:
            continue
        if token[-1].isdigit():
            token = token.replace("- ", "-")
            if _THOUSANDS.match(token):
                token = token.replace(",", "")
            whole, dot, decimals = token.partition(".")
            if dot and decimals.isdigit():
                decimals = decimals.rstrip("0")
                token = whole + dot + decimals if decimals else whole
            elif _LEADING_ZERO.match(token):
                token = token[1:]
        found.append(NUMBER_WORDS.get(token, token))
    return tuple(found)


def content(words: tuple[str, ...]) -> tuple[str, ...]:
    """The tokens without filler words; empty when fewer than three are left, which would say too little."""
    kept = tuple(word for word in words if word not in _FILLERS)
    return kept if len(kept) >= 3 else ()


def letters(words: tuple[str, ...]) -> str:
    """The tokens written as one word, as `team work` may be; empty for short ones and where one is no word."""
    joined = "".join(words)
    return joined if len(joined) >= 6 and joined.isalpha() else ""
