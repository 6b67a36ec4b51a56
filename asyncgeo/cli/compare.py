"""`asyncgeo compare A B`: how far two sets of parses say the same, whatever their spelling."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.progress import track
from rich.table import Table

from asyncgeo import parses
from asyncgeo.conditions import TYPE, Condition
from asyncgeo.errors import InputError
from asyncgeo.parses import Parse
from asyncgeo.records import numeric_key
from asyncgeo.verify import need_numpy

_SHOWN: Final = 10


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


def compare(a: Path, b: Path, *, limit: int | None = None, show: int = _SHOWN) -> None:
    """Compare the parses of problems that both hold. Raises InputError or ConfigError."""
    need_numpy()
    left, right = parses.read(a), parses.read(b)
    shared = sorted(left.keys() & right.keys(), key=numeric_key)[:limit]
    if not shared:
        raise InputError(f"{a} and {b} hold no parse of the same problem.", "Name two parses of the same input.")
    agreement = Agreement()
    for identifier in track(shared, "comparing", console=Console(stderr=True), transient=True):
        add(agreement, left[identifier], right[identifier])
    show_agreement(agreement, Console(highlight=False), show)


def add(agreement: Agreement, a: Parse, b: Parse) -> None:
    """Compare two parses of one problem and count."""
    from asyncgeo.figure import compare as compare_parses  # noqa: PLC0415  needs numpy

    found = compare_parses((a.conditions, a.objects), (b.conditions, b.objects))
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


def show_agreement(agreement: Agreement, console: Console, show: int = _SHOWN) -> None:
    """Shares both ways, types that agree least, and the first differences."""
    drawn = agreement.problems - agreement.undrawable
    console.print(
        f"{agreement.problems:,} problems in both · {agreement.undrawable:,} of them without a figure of each"
    )
    console.print(f"[bold]{_share(agreement.agreeing, drawn)} of the problems say the same[/bold]")
    console.print(
        f"{_share(agreement.confirmed.total(), agreement.stated.total())} of A's conditions hold in B's figures"
    )
    console.print(f"{_share(agreement.justified, agreement.added)} of B's conditions hold in A's figures")
    table = Table(title="A's conditions that B does not imply", title_justify="left", box=None, show_header=False)
    for kind, count in (agreement.stated - agreement.confirmed).most_common(show):
        table.add_row(kind, f"{count:,} of {agreement.stated[kind]:,}")
    if table.row_count:
        console.print(table)
    for parse, only_a, only_b in agreement.differences[:show]:
        console.print(f"\n[yellow]{parse.id}[/yellow]", end=" ")
        console.print(parse.text, markup=False, soft_wrap=True)
        for mark, listed in (("A", only_a), ("B", only_b)):
            for condition in listed:
                console.print(f"  {mark} only: {msgspec.json.encode(condition).decode()}", markup=False, soft_wrap=True)


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({part / whole:.1%})" if whole else "0 of 0"
