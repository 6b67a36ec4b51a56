"""Templates and data → the page.

In: `PageContent`. Out: pieces of HTML, UTF-8, the table last. It counts nothing.

Texts of problems, answers of models and messages of servers may be written to do harm. Three walls, each enough alone:
the data stand in one JSON block in which no `<` is left, so nothing in them can end it; what the page shows of them
becomes text nodes, and of pictures only known elements and attributes are taken; and the page's own policy
lets nothing run but its one script, known by its hash, and nothing be fetched from anywhere.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any, Final

from asyncgeo.schema.conditions import CATEGORIES, TABLE
from asyncgeo.schema.records import RULES_MODEL
from asyncgeo.views.report.content import PageContent
from asyncgeo.views.report.pack import Pack, embedded
from asyncgeo.views.report.runs import timeline

_SCRIPTS: Final = ("dom", "words", "bars", "plots", "overview", "runs", "search", "table", "export", "problem", "main")
"""In this order, as one script: each uses what stands before it."""
_STYLES: Final = ("page", "charts", "table")
_HOLE: Final = re.compile(r"@@([A-Z]+)@@")


def render(content: PageContent) -> Iterator[bytes]:
    """The page, in pieces that in this order are the file."""
    style = "\n".join(_template(f"{name}.css") for name in _STYLES)
    script = '"use strict";\n' + "\n".join(_template(f"{name}.js") for name in _SCRIPTS)
    pieces = {
        "TITLE": _text(escape(f"asyncgeo report · {content.folder}")),
        "POLICY": _text(escape(policy(style, script))),
        "STYLE": _text(style),
        "SCRIPT": _text(script),
        "DATA": _data(content),
    }
    yield from _fill(_template("report.html"), pieces)


def policy(style: str, script: str) -> str:
    """The content security policy: this script and this style, and nothing from anywhere."""
    return f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; base-uri 'none'"


def _data(content: PageContent) -> Iterator[bytes]:
    """The table is packed first: who makes its entries may add notes meanwhile."""
    pack = Pack()
    for entry in content.entries:
        pack.add(entry)
    problems = sum(content.totals["outcomes"].values())
    yield embedded(_head(content))[:-1]
    yield b',"table":'
    yield from pack.table(problems - len(pack), content.choice)
    yield b"}"


def _head(content: PageContent) -> dict[str, Any]:
    return {
        "folder": content.folder,
        "created_at": content.created_at,
        "version": content.version,
        "notes": content.notes,
        "rules_model": RULES_MODEL,
        "figures_wanted": content.figures_wanted,
        "raws_kept": content.raws_kept,
        "prices": content.prices,
        "glosses": {kind.name: kind.gloss for kind in TABLE.values()},
        "categories": CATEGORIES,
        "figures": content.totals,
        "runs": [timeline(run) for run in content.runs],
    }


def _text(piece: str) -> Iterator[bytes]:
    yield piece.encode()


def _fill(template: str, pieces: Mapping[str, Iterator[bytes]]) -> Iterator[bytes]:
    """The template with its holes filled; what fills a hole is not looked at for holes."""
    at = 0
    for hole in _HOLE.finditer(template):
        yield template[at : hole.start()].encode()
        yield from pieces[hole[1]]
        at = hole.end()
    yield template[at:].encode()


def _digest(text: str) -> str:
    """As browsers compare it: over the text between the tags, character by character."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _template(name: str) -> str:
    return (files("asyncgeo.views.report") / "templates" / name).read_text(encoding="utf-8")
