"""An answer and the problem's text → the answer, unless it is about another problem.

In: the content of an answer, the text it should be about. Out: `Checked` or `Unfit`, as `checks` gives them. Pure but
for `Echoes`, a bounded memory. It knows no request and no file.

A model that is confused, or a server that gives everybody one reply, names points that the text does not have. Where
the text names two points or more, and the answer not one of them, the answer is about something else. A text without
names (a word problem, a figure that is only drawn) proves nothing, and neither does a refusal to parse.
"""

from collections.abc import Iterable
from typing import Final

from asyncgeo import rules
from asyncgeo.schema import checks
from asyncgeo.schema.checks import Checked, Unfit
from asyncgeo.schema.records import Extraction

_PROOF: Final = 2  # names a text must have; a single letter may be a product, a size, a letter on a chart
_SHOWN: Final = 8
_REMEMBERED: Final = 1 << 16  # cleaned texts, about 10 MB


def read(content: object, text: str) -> Checked | Unfit:
    """As `checks.read`; unfit as well when the answer is about another problem than `text`."""
    checked = checks.read(content)
    if isinstance(checked, Checked) and (why := stranger(checked.extraction, text)) is not None:
        return Unfit(why)
    return checked


def stranger(extraction: Extraction, text: str) -> str | None:
    """Why the parse is about another problem, in words a model can act on; None where nothing proves it."""
    if extraction.reason is not None:
        return None
    wanted, points = rules.mentions(text), extraction.required_objects.points
    if len(wanted) < _PROOF or not set(wanted).isdisjoint(points):
        return None
    given = dict.fromkeys((*points, *rules.mentions(extraction.cleaned_text)))
    if given.keys() & set(wanted):
        return None
    return f"the answer is about another problem: it names {_listed(given)}; the text names {_listed(wanted)}"


def _listed(points: Iterable[str]) -> str:
    first = list(points)
    return ", ".join(first[:_SHOWN]) + (", …" if len(first) > _SHOWN else "")


class Echoes:
    """Remembers the cleaned texts of one run, the latest of them, and of which text each was made."""

    def __init__(self, most: int = _REMEMBERED) -> None:
        self._most = most
        self._made_of: dict[int, int] = {}

    def found(self, extraction: Extraction, text: str) -> tuple[str, ...]:
        """The finding that another text of the run was given this very cleaned text; it is remembered either way."""
        if extraction.reason is not None:
            return ()
        cleaned, original = hash(extraction.cleaned_text), hash(text)
        first = self._made_of.setdefault(cleaned, original)
        if len(self._made_of) > self._most:
            del self._made_of[next(iter(self._made_of))]
        return () if first == original else ("cleaned_text is the same as of a problem with another text",)
