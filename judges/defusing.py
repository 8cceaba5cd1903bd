"""Hostile text made harmless for a prompt: nothing in it is a tag, a chat turn or the end of its fence."""

from __future__ import annotations

import hashlib
import re
import unicodedata

MAX_CHARS = 12_000
"""Characters of a text that a judge is shown; an observation of 320 tokens has some 1,500."""

# Everything that opens or closes a tag, or looks as if it did.
_BRACKETS = str.maketrans(
    dict.fromkeys("<＜﹤〈《⟨⟪❮❰≺⧼‹«", "‹")
    | dict.fromkeys(">＞﹥〉》⟩⟫❯❱≻⧽›»", "›")
    | dict.fromkeys("◁◀◂", "(")
    | dict.fromkeys("▷▶▸", ")")
    | dict.fromkeys("｜￨", "|")
)
_ENTITY = re.compile(r"&(?:amp;){0,4}(?:(lt)|(gt)|#0{0,8}60|#0{0,8}62|#x0{0,8}3[ce]);?", re.IGNORECASE)
# Letters of other scripts that look Latin: one for one, so that offsets stay true.
_LOOKALIKES = str.maketrans(
    "АВСЕНІЈКМОРЅТХУҮаеорсухіјѕԁԍһӏԛԝνοραικτυεγΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "ABCEHIJKMOPSTXYYaeopcyxijsdghlqwvopaiktueyABEZHIKMNOPTYX",
)
_BRACKETED_TOKEN = re.compile(
    r"\[(/?\s{0,3}(?:inst|sys|system|system_prompt|think|bos|eos|sep|cls|mask|pad|unk|gmask|sop|eop|user|assistant|"
    r"tool_calls|tool_results|available_tools|judge?ment|observation|end of [a-z ]{1,20})\s{0,3})\]",
    re.IGNORECASE,
)
_TURN = re.compile(
    r"(^[ \t#*>_|-]{0,8}(?:system|user|human|assistant|model|judge|developer|instructions?|response|input|output|"
    r"judge?ment|verdict)[ \t*_]{0,4}):",
    re.IGNORECASE | re.MULTILINE,
)


def look_latin(text: str) -> str:
    """The text with Cyrillic and Greek letters that look Latin as Latin ones, of the same length.

    Example:
        >>> look_latin("judgеmеnt")
        'judgement'
    """
    return text if text.isascii() else text.translate(_LOOKALIKES)


class _Invisible(dict[int, int | str | None]):
    """A table for `str.translate` that drops what can't be seen, and replaces what can't be encoded."""

    def __missing__(self, code: int) -> int | str | None:
        char = chr(code)
        category = unicodedata.category(char)
        value: int | str | None = code
        if char not in "\n\t" and (
            category in ("Cf", "Cc") or 0xFE00 <= code <= 0xFE0F or 0xE0000 <= code <= 0xE0FFF or code in _BLANK_LETTERS
        ):
            value = "\n" if char in "\r\x85" else None
        elif category in ("Zl", "Zp"):
            value = "\n"
        elif category in ("Cs", "Co"):
            value = "\ufffd"
        if code <= 0x3FFFF or 0xE0000 <= code <= 0xE0FFF:  # nothing is assigned elsewhere: not worth the memory
            self[code] = value
        return value


_BLANK_LETTERS = frozenset((0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0))
_VISIBLE = _Invisible()


def drop_invisible(text: str) -> str:
    """The text without zero-width, control and other invisible characters; lone surrogates become U+FFFD.

    Example:
        >>> drop_invisible("o" + chr(0x200B) + "k")
        'ok'
    """
    if text.isascii() and text.isprintable():
        return text
    return text.replace("\r\n", "\n").translate(_VISIBLE)


def defuse(text: str) -> str:
    """The text with nothing in it that a prompt's reader could take for structure; linear, in the same words.

    Angle brackets of every kind become `‹` and `›`, special tokens in square brackets get round ones, and a speaker's
    name that opens a line loses its colon.

    Example:
        >>> defuse("<judgement>Yes</judgement> [INST] x < 5")
        '‹judgement›Yes‹/judgement› (INST) x ‹ 5'
    """
    text = drop_invisible(text).translate(_BRACKETS)
    if "&" in text:
        text = _ENTITY.sub("‹", text)
    if "[" in text:
        text = _sub_seen(_BRACKETED_TOKEN, text, "(", ")")
    return _sub_turns(text) if ":" in text else text


def _sub_seen(pattern: re.Pattern[str], text: str, opening: str, closing: str) -> str:
    """The text with the brackets of each match replaced; letters are compared as they look."""
    pieces, at = [], 0
    for match in pattern.finditer(look_latin(text)):
        pieces += [text[at : match.start()], opening, text[match.start() + 1 : match.end() - 1], closing]
        at = match.end()
    return "".join([*pieces, text[at:]])


def _sub_turns(text: str) -> str:
    pieces, at = [], 0
    for match in _TURN.finditer(look_latin(text)):
        pieces += [text[at : match.end() - 1], " -"]
        at = match.end()
    return "".join([*pieces, text[at:]])


def fence_mark(*texts: str) -> str:
    """A mark that none of the texts holds; the same texts always get the same one.

    Example:
        >>> fence_mark("a", "b") == fence_mark("a", "b") != fence_mark("ab", "")
        True
    """
    digest = hashlib.sha256()
    for text in texts:
        encoded = text.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    mark = digest.hexdigest()[:16]
    while any(mark in text for text in texts):  # nobody can arrange it; should it happen all the same, take another
        digest.update(b"again")
        mark = digest.hexdigest()[:16]
    return mark


def fence(text: str, mark: str, *, max_chars: int = MAX_CHARS) -> str:
    """The defused text between two lines that hold the mark; a longer one is cut, with a note outside the fence.

    Example:
        >>> print(fence("a red kite", "5f"))
        [begin 5f]
        a red kite
        [end 5f]
    """
    # Defusing never lengthens a text by more than a character a line: the cap comes first, and bounds the work.
    lines = [f"[begin {mark}]", defuse(text[:max_chars]), f"[end {mark}]"]
    if len(text) > max_chars:
        lines.append(f"(cut after {max_chars:,} of {len(text):,} characters)")
    return "\n".join(lines)
