"""A contact sheet: many parses as figures, in one HTML file that needs nothing else.

In: parses, one at a time. Out: pieces of HTML, in order, so that a sheet of thousands never lies in memory.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final, NamedTuple

import msgspec

from asyncgeo.figure.conflicts import find_conflict
from asyncgeo.figure.draw import Figure
from asyncgeo.figure.nicest import draw_nicely
from asyncgeo.figure.svg import render
from asyncgeo.schema.asked import Asked
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import RequiredObjects

_HEAD: Final = """<!doctype html>
<html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
:root{{--ink:#1f2937;--mark:#b45309;--asked:#1d4ed8;--back:#f8fafc;--card:#fff;--faint:#64748b;--edge:#e2e8f0;--bad:#b91c1c}}
@media(prefers-color-scheme:dark){{:root{{--ink:#e5e7eb;--mark:#fbbf24;--asked:#93c5fd;--back:#0f172a;--card:#1e293b;
--faint:#94a3b8;--edge:#334155;--bad:#fca5a5}}}}
body{{margin:1.5rem;background:var(--back);color:var(--ink);font:14px/1.45 system-ui,sans-serif}}
main{{display:grid;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));gap:1rem}}
figure{{margin:0;padding:.5rem .75rem .75rem;background:var(--card);border:1px solid var(--edge);border-radius:.5rem}}
figure.bad{{border-color:var(--bad)}}
svg{{display:block;max-width:100%;height:auto;margin:auto;stroke:currentColor}}
.figure-dots,.figure-point,.figure-line{{fill:currentColor}}
.figure-marks{{stroke:var(--mark)}} .figure-angle,.figure-length{{fill:var(--mark)}}
.figure-sought{{stroke:var(--asked)}} .figure-asked,.figure-area{{fill:var(--asked)}}
figcaption b{{font-weight:600}} figcaption small{{color:var(--faint)}} figcaption p{{margin:.25rem 0 0}}
code{{display:block;font-size:11px;color:var(--bad);overflow-wrap:anywhere}}
</style>
<h1>{title}</h1><main>
"""
_TAIL: Final = "</main></html>\n"


class SheetEntry(NamedTuple):
    """One parse to be shown."""

    id: str
    text: str
    conditions: Sequence[Condition]
    objects: RequiredObjects
    asked: Asked | None = None


def sheet(entries: Iterable[SheetEntry], title: str) -> Iterator[str]:
    """The whole page, a piece for each parse."""
    yield _HEAD.format(title=escape(title))
    for entry in entries:
        yield _card(entry)
    yield _TAIL


def _card(entry: SheetEntry) -> str:
    """The figure, or for a contradiction the nearest candidate and what contradicts."""
    figure = draw_nicely(entry.conditions, entry.objects, text=entry.text)
    drawn = "" if figure.unjudged else render(entry.conditions, entry.objects, figure, asked=entry.asked)
    return (
        f"<figure{'' if figure.drawable else ' class=bad'}>{drawn}<figcaption><b>{escape(entry.id)}</b> "
        f"<small>{escape(describe(figure))}</small><p>{escape(entry.text)}</p>"
        f"{'' if figure.drawable or figure.unjudged else _conflict(entry, figure)}</figcaption></figure>\n"
    )


def describe(figure: Figure) -> str:
    """The state of the figure in words."""
    if figure.unjudged:
        return f"not judged: {figure.unjudged}"
    if figure.rounded:
        return "drawable with rounded numbers only"
    if figure.freedom:
        return f"{figure.freedom} degree{'s' if figure.freedom > 1 else ''} of freedom"
    if figure.freedom == 0 and figure.surplus:
        return f"over-determined by {figure.surplus}"
    return figure.state


def _conflict(entry: SheetEntry, figure: Figure) -> str:
    conflict = find_conflict(entry.conditions, entry.objects, text=entry.text, residuals=figure.residuals)
    listed = [msgspec.json.encode(entry.conditions[k]).decode() for k in conflict.conditions]
    if conflict.objects:
        listed.append("with the objects to be drawn")
    return "".join(f"<code>{escape(line)}</code>" for line in listed)
