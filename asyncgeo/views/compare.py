"""Two sets of parses → how far they say the same, whatever their spelling.

In: folders or files of parses, whose conditions are brought into their one form; without a second set each parse is
held against what the rules read in its text: an independent second reading. Out: an `Agreement`, and what its two sides
are called. It prints nothing.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from asyncgeo import rules
from asyncgeo.errors import InputError
from asyncgeo.schema.canonical import canonical
from asyncgeo.schema.conditions import TYPE, Condition
from asyncgeo.schema.records import numeric_key
from asyncgeo.schema.said import said
from asyncgeo.store import parses
from asyncgeo.store.parses import Parse
from asyncgeo.store.processes import Processes
from asyncgeo.verify.folder import result_of

if TYPE_CHECKING:
    from asyncgeo.figure import Comparison

_BATCH: Final = 16  # pairs sent to a process at once: about a second of work


class ParsePair(NamedTuple):
    """Two parses of one problem in their one form, and which conditions of each the other says by form alone."""

    a: Parse
    b: Parse
    a_known: tuple[bool, ...]
    b_known: tuple[bool, ...]

    @property
    def is_equal(self) -> bool:
        """Whether no figure is needed."""
        return all(self.a_known) and all(self.b_known)


@dataclass(slots=True)
class Agreement:
    """Counts over all problems that both sets hold; shares are of those that could be compared."""

    problems: int = 0
    refused: int = 0  # of which there is no second reading
    undrawable: list[tuple[str, bool, bool]] = field(default_factory=list)
    """Ids of pairs that need a figure and have none, and whether that of A and that of B is missing."""
    agreeing: int = 0
    stated: Counter[str] = field(default_factory=Counter)  # conditions of A by type
    confirmed: Counter[str] = field(default_factory=Counter)  # those that B says as well
    added: int = 0  # conditions of B
    justified: int = 0  # those that A says as well
    differences: list[tuple[Parse, list[Condition], list[Condition]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Names:
    """What the two sides are called."""

    first: str = "A"
    second: str = "B"
    of_first: str = "A's"
    of_second: str = "B's"
    problems: str = "problems in both"
    quotes: bool = False
    """Whether the second side's conditions come with the words of the text that they were read from."""


TWO_SETS: Final = Names()


SECOND_READING: Final = Names("row", "text", "the rows'", "the texts'", "rows whose text the rules read", quotes=True)


def compare(
    a: Path,
    b: Path | None,
    *,
    limit: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    hear: "Callable[[ParsePair, Comparison], None]" = lambda _, __: None,
) -> tuple[Agreement, Names]:
    """Compare the parses of problems that both hold, or those of A with the rules; `progress` hears of pairs done.

    `hear` is given each pair with what was found.

    Raises InputError where they share no problem.
    """
    left = parses.read(a)
    right = parses.read(b) if b is not None else None
    shared = sorted(left.keys() if right is None else left.keys() & right.keys(), key=numeric_key)[:limit]
    if not shared:
        raise InputError(f"{a} and {b} hold no parse of the same problem.", "Name two parses of the same input.")
    others = [(left[each], _second_reading(left[each]) if right is None else right[each]) for each in shared]
    pairs = [pair_of(one, other) for one, other in others if other is not None]
    agreement = Agreement(refused=len(others) - len(pairs))
    for done, (pair, meaning) in enumerate(zip(pairs, compared(pairs), strict=True), 1):
        add(agreement, pair, meaning)
        hear(pair, meaning)
        if progress is not None:
            progress(done, len(pairs))
    return agreement, SECOND_READING if right is None else TWO_SETS


def pair_of(a: Parse, b: Parse) -> ParsePair:
    """The pair in its one form."""
    a, b = (msgspec.structs.replace(each, conditions=canonical(each.conditions)) for each in (a, b))
    return ParsePair(a, b, said(b.conditions, a.conditions), said(a.conditions, b.conditions))


def _second_reading(parse: Parse) -> Parse | None:
    """What the rules read in the text of the parse; None where they refuse it."""
    read = rules.parse(parse.original)
    if read.reason is not None:
        return None
    return Parse(parse.id, parse.text, read.verification_conditions, read.required_objects, parse.original)


def compared(pairs: Sequence[ParsePair]) -> "Iterator[Comparison]":
    """The comparison of each pair, in order; by every core where many need figures. Raises UserError as `verify`."""
    from asyncgeo.figure import Comparison  # noqa: PLC0415  loads numpy

    drawn = _drawn([pair for pair in pairs if not pair.is_equal])
    for pair in pairs:
        yield Comparison(pair.b_known, pair.a_known) if pair.is_equal else next(drawn)


def _drawn(pairs: Sequence[ParsePair]) -> "Iterator[Comparison]":
    count = os.cpu_count() or 1
    if count == 1 or len(pairs) <= _BATCH:
        yield from _draw_batch(pairs)
        return
    with Processes(count) as processes:
        batches = [pairs[at : at + _BATCH] for at in range(0, len(pairs), _BATCH)]
        for future in [processes.submit(_draw_batch, batch) for batch in batches]:
            yield from result_of(future)


def _draw_batch(pairs: Sequence[ParsePair]) -> "list[Comparison]":
    """The unit of work of a process."""
    from asyncgeo.figure import compare as compare_parses  # noqa: PLC0415  loads numpy

    return [
        compare_parses(
            (pair.a.conditions, pair.a.objects), (pair.b.conditions, pair.b.objects), known=(pair.a_known, pair.b_known)
        )
        for pair in pairs
    ]


def add(agreement: Agreement, pair: ParsePair, found: "Comparison") -> None:
    """Count what the comparison of two parses of one problem found."""
    a, b = pair.a, pair.b
    agreement.problems += 1
    if found.a_in_b is None or found.b_in_a is None:
        agreement.undrawable.append((a.id, found.b_in_a is None, found.a_in_b is None))
        return
    agreement.agreeing += found.agree
    agreement.stated.update(condition[TYPE] for condition in a.conditions)
    agreement.confirmed.update(c[TYPE] for c, holds in zip(a.conditions, found.a_in_b, strict=True) if holds)
    agreement.added += len(found.b_in_a)
    agreement.justified += sum(found.b_in_a)
    if not found.agree:
        agreement.differences.append((a, _failing(a.conditions, found.a_in_b), _failing(b.conditions, found.b_in_a)))


def _failing(conditions: Sequence[Condition], held: Sequence[bool]) -> list[Condition]:
    return [condition for condition, holds in zip(conditions, held, strict=True) if not holds]
