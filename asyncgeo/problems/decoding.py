"""The bytes of one file, or of one line → the problem in them, or why there is none.

In: bytes, and the name by which messages call them. Out: a `Problem`, or an `Unreadable` whose row says what is wrong.
It knows neither files nor other problems.

Without a byte order mark the text is UTF-8; with one it is what the mark says. `NaN` and `Infinity`, which data frames
write and JSON does not know, count as null; a whole number that a data frame made a fraction of (`"id": 2.0`,
`"np.int64(2)"`) is that number.
"""

import codecs
import contextlib
import re
from typing import Any, Final

import msgspec

from asyncgeo.errors import printable
from asyncgeo.problems.keys import answer_key
from asyncgeo.schema.records import INPUT, Failed, Problem, Unreadable

MAX_ID: Final = 200  # characters
NO_SUBJECT: Final = "it has no text under subject"

_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",  # what Windows calls "Unicode"
    codecs.BOM_UTF16_BE: "utf-16",
}
_GUESSES: Final = (("UTF-16", "utf-16-le"), ("UTF-16", "utf-16-be"), ("GBK", "gb18030"))
_STRING_OR_NO_NUMBER: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|-?\b(?:NaN|Infinity)\b', re.DOTALL)
_NUMPY: Final = re.compile(r"(?:np|numpy)\.u?(?:int|float)\d+\((-?\d+)(?:\.0*)?\)")
_EXACT: Final = 2**53  # from here on fractions no longer distinguish whole numbers


def parse(data: bytes | str, fallback: str, position: int, place: str) -> Problem | Unreadable:
    """The problem in `data`: bytes, or text that says why there are none. `fallback` is its id if it names none."""
    place = printable(place)
    found = data if isinstance(data, str) else decode(data)
    if isinstance(found, str):
        return _unreadable(fallback, position, f"{place}: {found}.")
    identifier = _identifier(found.get("id", fallback))
    if identifier is None:
        given = printable(repr(found.get("id", fallback)))[:80]
        return _unreadable(fallback, position, f"{place}: its id {given} is no whole number and no plain text.")
    text = found.get("subject")
    if not isinstance(text, str):
        keys = printable(", ".join(found))[:120]
        return _unreadable(identifier, position, f"{place}: {NO_SUBJECT}; it has: {keys or 'nothing'}.")
    if not text.strip():
        return _unreadable(identifier, position, f"{place}: its subject is empty.")
    return Problem(identifier, text, position, place, answer_key(found))


def decode(data: bytes) -> dict[str, Any] | str:
    """The JSON object in these bytes, or why there is none."""
    try:
        found = _json(_text(data))
    except UnicodeDecodeError:
        return f"it is not UTF-8{_guess(data)}; save it as UTF-8"
    except (msgspec.DecodeError, RecursionError) as error:
        return f"it is not JSON: {error or 'nested too deeply'}"
    if not isinstance(found, dict):
        return f"it holds {type(found).__name__}, not an object with id and subject"
    return found


def encoding_of(start: bytes) -> str:
    """The encoding of a text that begins with these bytes: four of them, where it has four."""
    return next((name for mark, name in _MARKS.items() if start.startswith(mark)), "utf-8")


def id_of(found: Problem | Unreadable) -> str:
    """The id, whatever could be read."""
    return found.id if isinstance(found, Problem) else found.row.id


def _text(data: bytes) -> str:
    if data.startswith((b"{\0", b"\0{")):
        raise UnicodeDecodeError("utf-8", data[:2], 0, 2, "UTF-16 without its mark")
    return data.decode(encoding_of(data))


def _json(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        if "NaN" not in text and "Infinity" not in text:
            raise
    return msgspec.json.decode(_STRING_OR_NO_NUMBER.sub(_with_null, text))


def _with_null(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith('"') else "null"


def _guess(data: bytes) -> str:
    """What an object that is not in UTF-8 looks like, in brackets."""
    for name, encoding in _GUESSES:
        with contextlib.suppress(UnicodeDecodeError):
            if data.decode(encoding).lstrip().startswith("{"):
                return f" (it looks like {name})"
    return ""


def _identifier(given: object) -> str | None:
    if isinstance(given, float) and given.is_integer() and abs(given) < _EXACT:
        given = int(given)
    if isinstance(given, int) and not isinstance(given, bool) and abs(given) < 10**MAX_ID:
        return str(given)
    if not isinstance(given, str) or not 0 < len(given) <= MAX_ID or not given.isprintable():
        return None
    number = _NUMPY.fullmatch(given)
    return number[1] if number else given


def _unreadable(identifier: str, position: int, message: str) -> Unreadable:
    return Unreadable(position, Failed(id=printable(identifier)[:MAX_ID], error=message, kind=INPUT))
