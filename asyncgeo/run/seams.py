"""What a pipeline is put together from: what makes rows, what looks at them, what takes them, what bounds them.

In: nothing. Out: the seams as protocols, and what passes through them. It knows no implementation of any.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol, TypeGuard

from asyncgeo.errors import AsyncgeoError
from asyncgeo.schema.records import Parsed, Problem, Row, Unreadable
from asyncgeo.store.raw_answers import Answered

PendingInput = Problem | Unreadable | tuple[Problem, ...]
"""A problem, what should have been one, or a pack of problems."""
Makes = Callable[[], Awaitable[Answered]]
Opens = Callable[[Sequence[Problem]], Awaitable[Sequence[Answered | Makes]]]
"""Asks about a pack: of each problem its row, or what makes it by asking more; raises as `Answers` do."""


class QueuedRow(NamedTuple):
    """What the writer gets: an encoded row, its encoded answers, and whether it is no further problem's.

    `again`: the row takes an earlier one's place, or there is none yet (empty), only answers.
    """

    position: int
    row: bytes
    raws: bytes = b""
    again: bool = False


class Answers(Protocol):
    """Makes one row of one problem."""

    async def answer(self, problem: Problem) -> Answered:
        """The row and its answers; raises Stopped or Interrupted when the run ended first."""
        ...


class Reviews(Protocol):
    """Looks at rows that are already in the queue."""

    async def look(self, problem: Problem, answered: Answered, hand_in: Callable[[Answered], None]) -> None:
        """Hand in a better row where there is one; raises Stopped or Interrupted when the run ended first."""
        ...

    def last(self) -> None:
        """All problems have their first row."""
        ...

    def drop(self) -> None:
        """Begin nothing new; what is being asked is finished."""
        ...


class Checks(Protocol):
    """Looks at rows before they enter the queue."""

    def wants(self, row: Row) -> TypeGuard[Parsed]:
        """Whether this one is to be looked at."""
        ...

    async def check(self, position: int, row: Parsed) -> Row:
        """The row to be written in its place."""
        ...

    def give_up(self, row: Parsed) -> Row:
        """The row to be written where it cannot be looked at any more."""
        ...


class SlotSource(Protocol):
    """Bounds how many problems are in work at once."""

    async def acquire(self) -> None:
        """Wait for a slot and take it."""
        ...

    def release(self) -> None:
        """Give it back."""
        ...

    def close(self, error: AsyncgeoError) -> None:
        """Nothing is sent any more."""
        ...


class Keeps(Protocol):
    """Takes encoded rows for the shards they belong to."""

    async def append(self, items: list[QueuedRow]) -> None:
        """Write a batch."""
        ...

    async def sync(self) -> None:
        """Make everything written survive a power cut."""
        ...


class Listens(Protocol):
    """Hears of every problem's row once it is in the queue."""

    def row(self, row: Row) -> None:
        """A row was made."""
        ...

    def waits(self, row: Row) -> None:
        """A row was made that waits for evidence."""
        ...

    def probed(self, identifier: str, *, usable: bool) -> None:
        """A problem that was answered before was asked again."""
        ...
