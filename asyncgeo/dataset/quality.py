"""What verdicts say of a problem, for the dataset: `"quality":{"drawable":true,"answer":"right","review":"agreed"}`.

In: verdicts. Out: a `Quality`, and a number for each that there may be, so that those of a million problems are a
million bytes on their way. What was not looked at has no such member; a problem of which nothing is known has no
`quality` at all.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Final, Literal

import msgspec

from asyncgeo.dataset.stats import FigureCounts
from asyncgeo.schema.verdict import ANSWER_STATES, AnswerState, Verdict

OnlyQuality = Literal["drawable", "right"]
"""What a merge may be limited to: what is not known to contradict itself, or what leads to its key."""


class Quality(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether the parse can be drawn, what came of the quantity that is asked for, and what all witnesses say."""

    drawable: bool | None = None
    answer: AnswerState | None = None
    review: Literal["agreed", "disputed"] | None = None

    def fits(self, only: OnlyQuality | None) -> bool:
        """Whether a merge limited so takes the problem."""
        if only == "right":
            return self.answer == "right"
        return only is None or self.drawable is not False


UNKNOWN: Final = Quality()
_REVIEWS: Final = (None, "agreed", "disputed")
QUALITIES: Final = tuple(Quality(*each) for each in product((None, True, False), (None, *ANSWER_STATES), _REVIEWS))
"""By number; the first is that of which nothing is known."""
NUMBERS: Final[Mapping[Quality, int]] = {quality: number for number, quality in enumerate(QUALITIES)}


def quality_of(verdict: Verdict) -> Quality:
    """What the verdict says."""
    return Quality(verdict.drawable, None if verdict.answer is None else verdict.answer.state, verdict.standing or None)


def figure_counts(numbers: Mapping[int, int]) -> FigureCounts:
    """What is known of figures, by the number of problems with each."""
    found = Counter[bool | None]()
    for number, count in numbers.items():
        found[QUALITIES[number].drawable] += count
    return FigureCounts(found[True] + found[False], found[True], found[False], found[None])


def answer_counts(numbers: Mapping[int, int]) -> dict[str, int]:
    """The same for verdicts on answers."""
    found = Counter[AnswerState | None]()
    for number, count in numbers.items():
        found[QUALITIES[number].answer] += count
    return {state: found[state] for state in ANSWER_STATES if found[state]}


def review_counts(numbers: Mapping[int, int]) -> dict[str, int]:
    """The same for what all witnesses of a review say."""
    found = Counter[str | None]()
    for number, count in numbers.items():
        found[QUALITIES[number].review] += count
    return {each: found[each] for each in _REVIEWS if each is not None and found[each]}


def spelt() -> Iterable[bytes]:
    """Each in JSON, in the order of their numbers."""
    return map(msgspec.json.encode, QUALITIES)
