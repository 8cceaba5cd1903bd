"""`spell_plainly`: LaTeX, markdown and Unicode spellings of numbers reduced to plain characters."""

from __future__ import annotations

import re
from collections.abc import Mapping

from p2r_rewards.normalize import fold

EXPRESSION = "√"
"""Stands for whatever computes with a number: a text with this mark states none."""

UNPAIRED = "⟧"
"""Stands for a closing bracket or emphasis mark that nothing opens."""

LETTERS = "A-Za-z\u00aa-\u02ff\u0370-\u1fff"
"""Letters that join a digit to a name ("A4", "2x"), as the inside of a character class. Han and kana don't join."""

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_VULGAR = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒↉"
_SPELLED_OUT = "1/2 1/3 2/3 1/4 3/4 1/5 2/5 3/5 4/5 1/6 5/6 1/7 1/8 3/8 5/8 7/8 1/9 1/10 0/3"
_FRACTIONS = dict(zip(_VULGAR, _SPELLED_OUT.split(), strict=True))
# Before NFKC: dashes and minus signs, decimal points of Arabic, list markers in circles, marks that don't show.
_CHARACTERS: Mapping[int, str] = {
    **dict.fromkeys(range(0x2010, 0x2014), "-"),
    **dict.fromkeys((0x2014, 0x2015), " - "),
    **dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD, *range(0x200E, 0x2010)), ""),
    **dict.fromkeys((*range(0x2460, 0x249C), 0x24EA, *range(0x24F5, 0x24FF)), "○"),
    **dict.fromkeys(map(ord, "⁄∕"), "/"),
    **dict.fromkeys(map(ord, "⋅·∙∗"), "×"),
    **dict.fromkeys(map(ord, "≃≅∼≒"), "~"),
    **dict.fromkeys(map(ord, "’ʼ‘"), "'"),
    **dict.fromkeys(map(ord, "“”"), '"'),
    **dict.fromkeys(map(ord, "→⇒⟶"), " "),
    **{0x066B: ".", 0x066C: ",", ord("№"): "#", ord("º"): "°", ord("≦"): "≤", ord("≧"): "≥"},
}
_MINUS = re.compile("[\u2212\u207b](?: (?=[0-9.]))?")
_SUPERSCRIPT_RUN = re.compile("[⁰¹²³⁴-⁹⁺⁻]++")
_SUBSCRIPT_RUN = re.compile("[₀-₉]++")
_FRACTION = re.compile(f"[{_VULGAR}]")
_DIGIT_RUN = re.compile(r"\d++")

_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9_]{0,20}+ ?/?>|<\|[A-Za-z_]{1,20}+\|>")
_CODE_FENCE = re.compile(r"```[a-z]{0,10}+")
_ARROW = re.compile(r"[-=]{1,3}+>")
_COMMAND = re.compile(r"\\(?:([A-Za-z]++)\*?|([\s\S]))")
_DEGREE = re.compile(r"\^ ?\{? ?\\circ ?\}?")
_FRAC = re.compile(r"\\[dtc]?frac ?(?:\{ ?([+-]?[0-9]{1,400}+) ?\} ?\{ ?([0-9]{1,400}+) ?\}|([0-9]) ?([0-9])(?![0-9]))")
_POWER_BRACES = re.compile(r"\^ ?[{(] ?([+-]?[0-9]{1,400}+) ?[})]")
_MATH_DOLLAR = re.compile(r"(?<!\\)\$")
_UNOPENED_STAR = re.compile(r"(?<=[0-9.])\*(?!\w)")
_UNOPENED_STARS = re.compile(r"(?<=[0-9.])\*\*(?!\w)")
_UNOPENED_SCORE = re.compile(r"(?<=[0-9.])_++(?![0-9A-Za-z])")
_OPENING_SCORE = re.compile(r"(?<![0-9A-Za-z._])_")
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))
_CALL = re.compile(f"(?<=[{LETTERS}0-9])\\((?= ?[-+.0-9√])")
_PRODUCT = re.compile(r"(?<=\w)( ?)\*\1(?=\w)")
_NOISE = re.compile(r"[(){}\[\]`\"*]|(?<![0-9A-Za-z])'|'(?![0-9A-Za-z])|(?<![0-9A-Za-z])_++|_++(?![0-9A-Za-z])")
_BLANKS = re.compile(r"[^\S\n]++")

_MARKUP = """text textbf textit textrm textsf texttt textnormal mathrm mathbf mathit mathsf mathtt mathnormal mbox boxed
fbox bf rm it boldsymbol bm ensuremath operatorname left right big Big bigl bigr large Large huge displaystyle textstyle
quad qquad space enspace thinspace Rightarrow rightarrow longrightarrow implies to therefore because"""
_SYMBOLS = """alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau
upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Sigma Upsilon Phi Psi Omega angle triangle measuredangle
ell hbar overline overrightarrow vec"""
# A command that is not listed computes something, for all that is known here.
_COMMANDS: Mapping[str, str] = {
    **dict.fromkeys(_MARKUP.split(), " "),
    **{name: f" {name} " for name in _SYMBOLS.split()},
    **dict.fromkeys(("times", "cdot", "ast"), "×"),
    **dict.fromkeys(("approx", "sim", "simeq", "cong"), "~"),
    **dict.fromkeys(("le", "leq", "leqslant"), "≤"),
    **dict.fromkeys(("ge", "geq", "geqslant"), "≥"),
    **dict.fromkeys(("ne", "neq"), "≠"),
    **dict.fromkeys(("pm", "mp"), "±"),
    **dict.fromkeys(("degree", "degrees"), "°"),
    **dict.fromkeys(("dots", "ldots", "cdots"), "..."),
    **{"lt": "<", "gt": ">", "div": "÷", "pi": "π", "n": "\n", "euro": "€", "pounds": "£"},
    **dict.fromkeys(("permil", "perthousand", "textperthousand"), "‰"),
}
_ESCAPES: Mapping[str, str] = {"%": "%", "$": "$", "\\": "\n", "&": " and ", "#": "#", "_": "_", "!": ""}


def spell_plainly(text: str) -> str:
    r"""The text with the markup taken off and every number spelled in ASCII; other words stay as they are.

    `\frac{a}{b}` becomes `a/b`, a superscript `^n`, `½` `1/2`, digits of one script ASCII digits. What computes with a
    number (`\sqrt`, `f(`) leaves the mark `√`, a bracket that nothing opens `⟧`.

    Example:
        >>> spell_plainly(r"\boxed{1½} **m²**").split()
        ['1', '1/2', 'm^2']
    """
    if not text.isascii():
        text = _spell_characters(text)
    if "<" in text:
        text = _TAG.sub(" ", text)
    if ">" in text:
        text = _ARROW.sub(" ", text)
    if "`" in text:
        text = _CODE_FENCE.sub(" ", text)
    if "$" in text and (text.count("$") - text.count("\\$")) % 2 == 0:
        text = _MATH_DOLLAR.sub(" ", text)
    if "{,}" in text:
        text = text.replace("{,}", ",")
    if "\\" in text:
        text = _BLANKS.sub(" ", text.replace("~\\", " \\").replace("{~", "{ "))
        text = _DEGREE.sub("°", text)
        text = _FRAC.sub(_plain_fraction, text)
        text = _COMMAND.sub(_plain_command, text)
    for opening, closing in _BRACKETS:
        if closing in text and opening not in text:
            text = text.replace(closing, UNPAIRED)
    if "^" in text:
        text = _POWER_BRACES.sub(r"^\1", text.replace("}^", "^"))
    if "(" in text:
        text = _CALL.sub(EXPRESSION, text)
    if "*" in text:
        if text.count("**") == 1 and "***" not in text:
            text = text.replace("**", "^") if _is_power(text) else _UNOPENED_STARS.sub(UNPAIRED, text)
        text = text.replace("**", "")
        text = _PRODUCT.sub("×", text)
        text = _UNOPENED_STAR.sub(UNPAIRED, text) if text.count("*") == 1 else text
    if "_" in text and not _OPENING_SCORE.search(text):
        text = _UNOPENED_SCORE.sub(UNPAIRED, text)
    text = _NOISE.sub(" ", text)
    return _BLANKS.sub(" ", text).strip()


def _is_power(text: str) -> bool:
    return re.search(r"[0-9)]\*\*[(+\-0-9]", text) is not None


def _spell_characters(text: str) -> str:
    text = _SUPERSCRIPT_RUN.sub(lambda run: "^" + run[0].translate(_SUPERSCRIPTS), text)
    text = _SUBSCRIPT_RUN.sub(lambda run: "_" + run[0].translate(_SUBSCRIPTS), text)
    text = _FRACTION.sub(_vulgar_fraction, text)
    text = _MINUS.sub("-", text.translate(_CHARACTERS))
    text = fold(text)
    return text if text.isascii() else _DIGIT_RUN.sub(_ascii_digits, text)


def _vulgar_fraction(match: re.Match[str]) -> str:
    before = match.string[match.start() - 1 : match.start()]
    return (" " if before.isdecimal() else "") + _FRACTIONS[match[0]]


def _ascii_digits(run: re.Match[str]) -> str:
    """Digits of one script in ASCII; a run of several scripts is no number and becomes a letter."""
    digits = run[0]
    if digits.isascii():
        return digits
    values = [int(digit) for digit in digits]
    zeros = {ord(digit) - value for digit, value in zip(digits, values, strict=True)}
    return "".join(map(str, values)) if len(zeros) == 1 else "ª"


def _plain_fraction(match: re.Match[str]) -> str:
    above, below = (match[1], match[2]) if match[1] else (match[3], match[4])
    before = match.string[match.start() - 1 : match.start()]
    return f"{' ' if before.isdecimal() else ''}{above}/{below} "


def _plain_command(match: re.Match[str]) -> str:
    name, sign = match[1], match[2]
    if name is not None:
        return _COMMANDS.get(name, EXPRESSION)
    return _ESCAPES.get(sign, " ")
