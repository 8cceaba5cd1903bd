"""The number grammar: plain text to an exact `Quantity`, with caps on digits and exponents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from p2r_rewards.graders.number_markup import LETTERS
from p2r_rewards.graders.number_words import SCALES
from p2r_rewards.graders.units import CURRENCY_SIGN, read_unit
from p2r_rewards.normalize import quote

MAX_DIGITS = 400
"""Digits of a number, or of a fraction's part; what is longer is no number."""

MAX_EXPONENT = 400
"""The largest power of ten, up and down."""

PLAIN = re.compile(r"([+-]?)([0-9]{0,40}+)(?:\.([0-9]{0,40}+))?")
"""A number as it is mostly written, for the fast path: `plain_parts` reads it."""

DIGITS = (
    rf"(?P<sign>[-+])?+(?P<currency>(?:{CURRENCY_SIGN}) ?)?+(?P<inner>-)?+"
    r"(?P<digits>[1-9][0-9]{0,2}+(?: [0-9]{3})++(?![0-9])(?:\.[0-9]++)?+"
    r"|\.?[0-9](?:[0-9]|[.,'_:](?=[0-9]))*+)"
    r"(?P<exponent>e[+-]?[0-9]++)?+"
)
"""A pattern, for lower-case text, of whatever looks like a number in digits; `read_digits` says whether it is one."""

_DECIMAL = re.compile(r"([0-9]*+)(?:\.([0-9]*+))?")
# Groups of three after 1 to 3 digits, or Indian ones (12,34,567). A leading zero is a decimal comma's: 0,125.
_GROUPED = re.compile(
    r"[1-9][0-9]{0,2}+(?:(?:,[0-9]{3})++|(?:'[0-9]{3})++|(?: [0-9]{3})++)(?:\.[0-9]++)?|"
    r"[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}(?:\.[0-9]++)?"
)
_TIMES_TEN = re.compile(r" ?[x×*] ?10 ?\^ ?([+-]?[0-9]++)", re.IGNORECASE)
_TEN_TO = re.compile(r" ?\^ ?([+-]?[0-9]++)")
_OVER = re.compile(r" ?/ ?([0-9]++)(?![.,'_:]?[0-9]| ?/ ?[0-9])")
_MIXED = re.compile(r" (?:and )?([0-9]++) ?/ ?([0-9]++)(?![.,'_:]?[0-9]| ?/ ?[0-9])")
_AND_PART = re.compile(r" (?:and )?(?:a|one) (half|quarter)(?![A-Za-z])", re.IGNORECASE)
_MAGNITUDE = re.compile(rf" ?(hundred|{'|'.join(SCALES)}|dozen)s?(?![{LETTERS}0-9_])", re.IGNORECASE)
_MAGNITUDES = {"hundred": 100, "dozen": 12, **SCALES}
_PERCENT = re.compile(
    r" ?(?:(?P<mille>‰|per ?mill?e?(?![A-Za-z]))|%|(?:percent|per cent|pct)(?![A-Za-z]))", re.IGNORECASE
)
_GLUED = re.compile(rf"[{LETTERS}0-9_]")
_BROKEN = re.compile(r"[.,'_:][0-9]|\.\.|\^| ?/ ?[0-9]|(?<=°)[0-9]")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as written: `50 %`, like `500 ‰`, has the value 50 and `percent` set; the unit is canonical."""

    value: Fraction
    unit: str | None = None
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """A quantity at [start, end) of a text; `words` tells number words from digits."""

    quantity: Quantity
    start: int
    end: int
    words: bool = False


def read_decimal(digits: str) -> Fraction | None:
    """The exact value of ASCII digits with at most one point and well-placed separators, else None.

    Example:
        >>> read_decimal("1,234.50")
        Fraction(2469, 2)
        >>> read_decimal("3,5") is None
        True
    """
    if len(digits) > 2 * MAX_DIGITS:
        return None
    if _GROUPED.fullmatch(digits):
        digits = digits.replace(",", "").replace("'", "").replace(" ", "")
    match = _DECIMAL.fullmatch(digits)
    if match is None:
        return None
    whole, places = match[1], match[2] or ""
    if not 0 < len(whole) + len(places) <= MAX_DIGITS:
        return None
    return Fraction(int(whole + places), 10 ** len(places))


def plain_parts(text: str) -> tuple[int, int] | None:
    """Numerator and power of ten of a plain decimal such as "-4.20", else None: (-420, 100).

    Example:
        >>> plain_parts("-4.20")
        (-420, 100)
    """
    match = PLAIN.fullmatch(text)
    if match is None:
        return None
    sign, whole, places = match.groups()
    digits = whole + places if places else whole
    if not digits:
        return None
    value = int(digits)
    return (-value if sign == "-" else value), 10 ** len(places or "")


def read_digits(text: str, match: re.Match[str]) -> Mention | str | int:
    """What a match of `DIGITS` in plain text is: a mention, the reason why it is no number, or where a mere name ends.

    A name is "3D", "2nd", "0x10": digits with letters that are no unit.
    """
    digits, end = match["digits"], match.end()
    value = read_decimal(digits)
    if value is None:
        return f"{digits:.40} is no number" if len(digits) <= MAX_DIGITS else f"{digits:.20}… has too many digits"
    tail = None if match["exponent"] else _power_of_ten(text, digits, end)
    if match["exponent"] or tail:
        exponent = tail[1] if tail else match["exponent"][1:]
        power = _read_power(exponent)
        if power is None:
            return f"{digits:.40}e{exponent:.20} has an exponent over {MAX_EXPONENT}"
        value = power if tail and tail.re is _TEN_TO else value * power
        end = tail.end() if tail else end
    elif digits.isdecimal():
        parts = _read_fraction(text, value, end)
        if parts is None:
            return f"the fraction at {quote(text[match.start() : match.start() + 30])} is no number"
        value, end = parts
    value, end = _read_magnitude(text, value, end)
    if match["sign"] == "-" or match["inner"]:
        value = -value
    currency = read_unit(match["currency"], 0) if match["currency"] else None
    quantity, after = read_scale(text, value, end, currency[0] if currency else None)
    if after == end and _GLUED.match(text, end):
        return _name_end(text, end)
    if _BROKEN.match(text, after) or (match["sign"] and match["inner"]):
        return f"{quote(text[match.start() : after + 8], 50)} is no number"
    return Mention(quantity, match.start(), after)


def read_scale(text: str, value: Fraction, end: int, currency: str | None = None) -> tuple[Quantity, int]:
    """A value with the percent sign or the unit that stands behind it, and the offset behind that."""
    percent = _PERCENT.match(text, end)
    if percent:
        return Quantity(value / 10 if percent["mille"] else value, currency, percent=True), percent.end()
    unit = read_unit(text, end + (text[end : end + 1] == " ")) or (
        read_unit(text, end + 1) if text[end : end + 1] == "-" else None
    )
    return (Quantity(value, currency), end) if unit is None else (Quantity(value, currency or unit[0]), unit[1])


def format_number(value: Fraction) -> str:
    """A number for people: a decimal where it ends within 30 digits, else a fraction, shortened to 60 characters.

    Example:
        >>> format_number(Fraction(5, 2)), format_number(Fraction(1, 3))
        ('2.5', '1/3')
    """
    below, places = value.denominator, 0
    while below % 10 == 0 and places <= 30:
        below //= 10
        places += 1
    for factor in (2, 5):
        while below % factor == 0 and places <= 30:
            below //= factor
            places += 1
    if below != 1 or places > 30:
        return _shorten(str(value))
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    if places:
        return _shorten(sign + f"{digits[:-places]}.{digits[-places:]}".rstrip("0"))
    return _shorten(sign + digits)


def _shorten(digits: str) -> str:
    return digits if len(digits) <= 60 else f"{digits[:40]}…{digits[-8:]}"


def _power_of_ten(text: str, digits: str, end: int) -> re.Match[str] | None:
    return _TIMES_TEN.match(text, end) or (_TEN_TO.match(text, end) if digits == "10" else None)


def _read_power(exponent: str) -> Fraction | None:
    if len(exponent) > 8 or not -MAX_EXPONENT <= int(exponent) <= MAX_EXPONENT:
        return None
    power = int(exponent)
    return Fraction(10**power) if power >= 0 else Fraction(1, 10**-power)


def _read_fraction(text: str, whole: Fraction, end: int) -> tuple[Fraction, int] | None:
    """`a/b`, `w a/b` with a < b, `w and a half`; the whole as it is where no fraction follows."""
    over = _OVER.match(text, end)
    if over:
        below = read_decimal(over[1])
        return None if not below else (whole / below, over.end())
    mixed = _MIXED.match(text, end)
    if mixed:
        above, below = read_decimal(mixed[1]), read_decimal(mixed[2])
        if above is None or not below:
            return None
        return (whole + above / below, mixed.end()) if 0 < above < below else (whole, end)
    part = _AND_PART.match(text, end)
    if part:
        return whole + Fraction(1, 2 if part[1].lower() == "half" else 4), part.end()
    return whole, end


def _read_magnitude(text: str, value: Fraction, end: int) -> tuple[Fraction, int]:
    for _ in range(2):
        magnitude = _MAGNITUDE.match(text, end)
        if magnitude is None:
            break
        value, end = value * _MAGNITUDES[magnitude[1].lower()], magnitude.end()
    return value, end


_NAME_REST = re.compile(rf"[{LETTERS}0-9_]++")


def _name_end(text: str, at: int) -> int:
    rest = _NAME_REST.match(text, at)
    return rest.end() if rest else at
