"""`asyncgeo compare A [B]`: how far two sets of parses say the same, whatever their spelling.

Without B each parse is held against what the rules read in its text: an independent second reading, with the words.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from asyncgeo import rules
from asyncgeo.cli.streams import SafeConsole
from asyncgeo.errors import InputError
from asyncgeo.schema.conditions import TYPE, Condition
from asyncgeo.schema.records import numeric_key
from asyncgeo.store import parses
from asyncgeo.store.parses import Parse
from asyncgeo.store.processes import Processes
from asyncgeo.verify.folder import result_of
from asyncgeo.verify.judge import need_numpy

if TYPE_CHECKING:
    from asyncgeo.figure import Comparison

_SHOWN: Final = 10
_BATCH: Final = 16  # pairs sent to a process at once: about a second of work

Pair = tuple[Parse, Parse]


@dataclass(slots=True)
class Agreement:
    """Counts over all problems that both sets hold."""

    problems: int = 0
    undrawable: int = 0
    agreeing: int = 0
    stated: Counter[str] = field(default_factory=Counter)  # conditions of A by type
    confirmed: Counter[str] = field(default_factory=Counter)  # those that hold in figures of B
    added: int = 0  # conditions of B
    justified: int = 0  # those that hold in figures of A
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


_TWO_SETS: Final = Names()
_SECOND_READING: Final = Names("row", "text", "the rows'", "the texts'", "rows whose text the rules read", quotes=True)


def compare(a: Path, b: Path | None, *, limit: int | None = None, show: int = _SHOWN) -> None:
    """Compare the parses of problems that both hold, or those of A with the rules. Raises InputError or ConfigError."""
    need_numpy()
    left = parses.read(a)
    right = parses.read(b) if b is not None else None
    shared = sorted(left.keys() if right is None else left.keys() & right.keys(), key=numeric_key)[:limit]
    if not shared:
        raise InputError(f"{a} and {b} hold no parse of the same problem.", "Name two parses of the same input.")
    others = ((each, _second_reading(left[each]) if right is None else right[each]) for each in shared)
    pairs = [(left[each], other) for each, other in others if other is not None]
    agreement = Agreement()
    found = track(_compared(pairs), "comparing", len(pairs), console=SafeConsole(stderr=True), transient=True)
    for (one, other), meaning in zip(pairs, found, strict=True):
        add(agreement, one, other, meaning)
    show_agreement(agreement, SafeConsole(highlight=False), show, _SECOND_READING if right is None else _TWO_SETS)


def _second_reading(parse: Parse) -> Parse | None:
    """What the rules read in the text of the parse; None where they refuse it."""
    read = rules.parse(parse.original)
    if read.reason is not None:
        return None
    return Parse(parse.id, parse.text, read.verification_conditions, read.required_objects, parse.original)


def _compared(pairs: Sequence[Pair]) -> "Iterator[Comparison]":
    """The comparison of each pair, in order; by every core where there are many. Raises UserError as `verify` does."""
    count = os.cpu_count() or 1
    if count == 1 or len(pairs) <= _BATCH:
        yield from _compare_batch(pairs)
        return
    with Processes(count) as processes:
        batches = [pairs[at : at + _BATCH] for at in range(0, len(pairs), _BATCH)]
        for future in [processes.submit(_compare_batch, batch) for batch in batches]:
            yield from result_of(future)


def _compare_batch(pairs: Sequence[Pair]) -> "list[Comparison]":
    """The unit of work of a process."""
    from asyncgeo.figure import compare as compare_parses  # noqa: PLC0415  needs numpy

    return [compare_parses((a.conditions, a.objects), (b.conditions, b.objects)) for a, b in pairs]


def add(agreement: Agreement, a: Parse, b: Parse, found: "Comparison") -> None:
    """Count what the comparison of two parses of one problem found."""
    agreement.problems += 1
    if found.a_in_b is None or found.b_in_a is None:
        agreement.undrawable += 1
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


def show_agreement(agreement: Agreement, console: Console, show: int = _SHOWN, names: Names = _TWO_SETS) -> None:
    """Shares both ways, types that agree least, and the first differences."""
    drawn = agreement.problems - agreement.undrawable
    console.print(
        f"{agreement.problems:,} {names.problems} · {agreement.undrawable:,} of them without a figure of each"
    )
    console.print(f"[bold]{_share(agreement.agreeing, drawn)} of the problems say the same[/bold]")
    kept, justified = (
        _share(agreement.confirmed.total(), agreement.stated.total()),
        _share(agreement.justified, agreement.added),
    )
    console.print(f"{kept} of {names.of_first} conditions hold in {names.of_second} figures")
    console.print(f"{justified} of {names.of_second} conditions hold in {names.of_first} figures")
    table = Table(box=None, show_header=False)
    for kind, count in (agreement.stated - agreement.confirmed).most_common(show):
        table.add_row(escape(str(kind)), f"{count:,} of {agreement.stated[kind]:,}")
    if table.row_count:
        console.print(f"[italic]{names.of_first} conditions that do not follow from {names.of_second}[/italic]")
        console.print(table)
    for parse, only_a, only_b in agreement.differences[:show]:
        console.print(f"\n[yellow]{escape(parse.id)}[/yellow]", end=" ")
        console.print(parse.text, markup=False, soft_wrap=True)
        words = _words(parse.original) if names.quotes else {}
        for mark, listed in ((names.first, only_a), (names.second, only_b)):
            for condition in listed:
                told = msgspec.json.encode(condition).decode()
                quoted = f"  «{words[told]}»" if mark == names.second and told in words else ""
                console.print(f"  {mark} only: {told}{quoted}", markup=False, soft_wrap=True)


def _words(text: str) -> dict[str, str]:
    """Each condition that the rules read in the text, and the words they read it from."""
    return {msgspec.json.encode(fact.condition).decode(): fact.span.text for fact in rules.explain(text).facts}


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({part / whole:.1%})" if whole else "0 of 0"
