r"""A decoded JSON value → the same value with nothing in it that a row cannot hold.

In: any JSON value, as lenient decoders give it. Out: the value, with findings that name what was replaced. Pure. It
knows neither answers nor rows.

Texts: a LaTeX command whose backslash JSON took for an escape (`\frac` in a JSON string is a form feed and "rac") gets
it back; further control characters and lone surrogates are replaced. Numbers: 2.0 becomes 2; what no length, angle or
level can be (400 digits, NaN) becomes a text that says so, which fits no field.
"""

import math
import re
from collections.abc import Callable
from typing import Any, Final

DEPTH: Final = 24
"""Levels of lists and objects; an answer has six."""
_LARGEST: Final = 1e12
_SMALLEST: Final = 1e-9
_SHOWN: Final = 60  # characters of a text in a finding
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_LETTER: Final = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}

_COMMANDS: Final = {
    "\n": "abla|e|earrow|eg|eq|ewline|exists|geq|leq|mid|ot|otin|parallel|subseteq|warrow",
    "\r": "angle|brace|brack|ceil|floor|estriction|ho|ight|ightangle|ightarrow|ightleftharpoons|m|oot|ule|Vert|vert",
    "\t": "an|au|binom|ext|extbf|extit|extrm|frac|herefore|heta|hinspace|ilde|imes|o|op|riangle|riangledown|"
    "riangleleft|riangleq|riangleright",
}
"""Names of commands without the letter that went into the escape; a blank before other letters is a blank."""
_SWALLOWED: Final = re.compile(
    "|".join(
        (
            r"[\b\f](?=[A-Za-z])",  # no text means these
            *(rf"{blank}(?=(?:{names})(?![a-z]))" for blank, names in _COMMANDS.items()),
        )
    )
)
_LINE_END: Final = re.compile(r"\r?\n|[\u2028\u2029]")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


class TooDeep(ValueError):
    """The value is nested deeper than any answer is."""


def sanitize(value: Any, findings: list[str]) -> Any:
    """The value as a row can hold it; each kind of replacement is appended to `findings` once a text.

    Raises TooDeep.
    """
    return _sanitize(value, findings, DEPTH)


def clean_text(text: str, findings: list[str] | None = None) -> str:
    """The text without control characters and lone surrogates; the end of a line becomes a space."""
    if text.isprintable():  # nearly every text
        return text
    found = [] if findings is None else findings
    text = _replaced(_SWALLOWED, lambda match: "\\" + _LETTER[match[0]], text, "restored LaTeX commands", found)
    if _LINE_END.search(text):
        text = " ".join(filter(None, map(str.strip, _LINE_END.split(text))))
    text = _replaced(_CONTROL, _without_control, text, "replaced or removed control characters", found)
    return _replaced(_SURROGATE, lambda _: _REPLACEMENT, text, "replaced lone surrogates", found)


def encodable(text: str) -> str:
    """The text as UTF-8 can hold it: lone surrogates are replaced."""
    return _SURROGATE.sub(_REPLACEMENT, text)


def _replaced(
    pattern: re.Pattern[str], by: Callable[[re.Match[str]], str], text: str, what: str, findings: list[str]
) -> str:
    text, count = pattern.subn(by, text)
    if count:
        shown = _SURROGATE.sub(_REPLACEMENT, text[:_SHOWN])
        findings.append(f"{what} in {shown!r}")
    return text


def _without_control(match: re.Match[str]) -> str:
    return " " if match[0].isspace() else ""


def _sanitize(value: Any, findings: list[str], levels: int) -> Any:
    """Texts are looked at where they are found: a call for each would double the cost of an ordinary answer."""
    kind = type(value)
    if kind is str:
        return value if value.isprintable() else clean_text(value, findings)
    if kind is dict and value:
        below = _down(levels)
        return {
            key if key.isprintable() else clean_text(key, findings): each
            if type(each) is str and each.isprintable()
            else _sanitize(each, findings, below)
            for key, each in value.items()
        }
    if kind is list and value:
        below = _down(levels)
        return [
            each if type(each) is str and each.isprintable() else _sanitize(each, findings, below) for each in value
        ]
    if kind is int or kind is float:
        number = plain_number(value)
        return "a number beyond belief" if number is None else number
    return value


def _down(levels: int) -> int:
    if not levels:
        raise TooDeep(f"nested deeper than {DEPTH} levels")
    return levels - 1


def plain_number(value: float) -> float | int | None:
    """The number, an int where it is whole; None where no length, angle or level can be it."""
    if not isinstance(value, int) and not math.isfinite(value):
        return None
    if value and not _SMALLEST <= abs(value) <= _LARGEST:
        return None
    return int(value) if value == int(value) else value
