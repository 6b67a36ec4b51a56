"""What was found about one parse: whether a figure of it can be drawn, and whether what is asked comes out as the key.

In: what was judged. Out: a `Verdict`, and the digests that say on what. It draws nothing and knows no file.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, Literal, get_args

import msgspec

from asyncgeo.schema.asked import AnswerKey
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import RequiredObjects

_VERSION: Final = "3"
"""Enters the digest; raised when a change of judgement makes older verdicts void."""


AnswerState = Literal[
    "right",  # the same in all figures, and the key
    "wrong",  # the same in all figures, and not the key
    "several",  # a few values: which side, which arc, only the picture shows
    "open",  # it wanders: something is missing that settles it
    "determined",  # the same in all figures; there is no key
    "not measured",
]
ANSWER_STATES: Final[tuple[AnswerState, ...]] = get_args(AnswerState)


class AnswerVerdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the asked quantity is in figures of the parse.

    `asked` in words; `values` as found, the least first, in degrees, in the lengths of the parse, or plain; `key` as
    the collection writes it; `among`: whether the key is one of several values; `why` it is not measured, or what else
    there is to say.
    """

    state: AnswerState
    asked: str = ""
    values: tuple[float, ...] = ()
    key: str = ""
    among: bool = False
    why: str = ""


ReviewStanding = Literal["", "agreed", "disputed"]


class Unsaid(msgspec.Struct, frozen=True):
    """A fact that the rules read in the text and the parse does not say, and the words it was read from."""

    fact: Condition
    words: str


class SecondReading(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many facts the rules are sure of in the text of the parse, 0 where they say nothing, and which it lacks."""

    facts: int = 0
    unsaid: tuple[Unsaid, ...] = ()


def in_words(found: AnswerVerdict) -> str:
    """What stands behind the state: `, ∠ACB = 40 or 140, the key is 40° (one of them)`."""
    values = " or ".join(f"{value:g}" for value in found.values)
    measured = f", {found.asked}" + (f" = {values}" if values else "") if found.asked else ""
    key = f", the key is {found.key}" if found.key else ""
    among = " (one of them)" if found.among else ""
    return f"{measured}{key}{among}{f' ({found.why})' if found.why else ''}"


class Verdict(msgspec.Struct, frozen=True):
    """What was found about one parse; `asks` is the digest of question and key of which `answer` tells."""

    id: str
    of: str
    drawable: bool | None
    state: str
    residual: float
    freedom: int | None
    surplus: int = 0
    rounded: bool = False
    conflict: tuple[int, ...] = ()
    by_objects: bool = False
    ms: float = 0.0
    why: str = ""
    asks: str = ""
    answer: AnswerVerdict | None = None
    second: SecondReading | None = None
    """What the second reading found; None where no review heard it."""

    @property
    def is_contradictory(self) -> bool:
        """Whether its conditions contradict each other otherwise than by numbers that the text itself rounds."""
        return self.drawable is False and not self.rounded

    @property
    def is_wrong(self) -> bool:
        """Whether what is asked comes out as another value than the key."""
        return self._has("wrong")

    @property
    def unsaid(self) -> tuple[Unsaid, ...]:
        """What the rules read in the text and the parse does not say."""
        return () if self.second is None else self.second.unsaid

    @property
    def standing(self) -> ReviewStanding:
        """What all witnesses of a review say together.

        Nothing where only its figure speaks for the parse, or what is asked wanders: then something may be missing.
        """
        if self.second is None:
            return ""
        if self.is_contradictory or self.is_wrong or self.unsaid:
            return "disputed"
        is_confirmed = (self.second.facts > 0 or self._has("right")) and not self._has("open")
        return "agreed" if self.drawable and is_confirmed else ""

    def _has(self, state: AnswerState) -> bool:
        return self.answer is not None and self.answer.state == state


def digest(conditions: Sequence[Condition], objects: RequiredObjects) -> str:
    """What was judged, in 16 characters."""
    return blake2b(msgspec.json.encode((_VERSION, conditions, objects)), digest_size=8).hexdigest()


_ANSWER_VERSION: Final = "1"
"""The same for answers."""


def question_digest(text: str, key: AnswerKey) -> str:
    """What was held against the figures, in 16 characters: the problem's whole text and its key."""
    return blake2b(msgspec.json.encode((_ANSWER_VERSION, text, key)), digest_size=8).hexdigest()
