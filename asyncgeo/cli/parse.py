"""`asyncgeo parse`: one problem, one row, pretty-printed."""

import asyncio
from pathlib import Path

import msgspec
from rich.text import Text

from asyncgeo import config, rules
from asyncgeo.cli.show_look import marked
from asyncgeo.cli.streams import SafeConsole, write_json
from asyncgeo.errors import InputError, hide, printable
from asyncgeo.run.one import ask
from asyncgeo.run.overrides import Overrides
from asyncgeo.run.session import is_offline


def parse(text: str, flags: Overrides, file: Path | None, *, offline: bool) -> None:
    """Print the row of `text`. Raises InputError for an empty text, Stopped when the endpoint refuses."""
    if not text.strip():
        raise InputError("The text is empty.", "Give one problem as the argument, or - and the text on standard input.")
    settings = config.load(file, flags=flags)
    key = config.api_key()
    hide(key)
    offline = is_offline(settings, key, wanted=offline)
    if offline:
        SafeConsole(stderr=True, highlight=False).print("No model is used: the embedded rule reader answers.")

    row = asyncio.run(ask(text, settings, key, offline=offline))
    write_json(msgspec.json.format(msgspec.json.encode(row), indent=2).decode())


def explain(text: str) -> None:
    """Print the text with what was read marked, each fact with its place, and what was not understood."""
    console = SafeConsole(highlight=False, soft_wrap=True)
    found = rules.explain(text)
    console.print(marked(text, found))
    for fact in found.facts:
        condition = msgspec.json.encode(fact.condition).decode()
        console.print(
            Text.assemble(("read      ", "green"), f"{printable(fact.span.text)}  [{fact.clause}]  {condition}")
        )
    for span in found.unread:
        console.print(Text.assemble(("not read  ", "bold red"), printable(span.text)))
    if found.question is not None:
        console.print(Text.assemble(("question  ", "dim"), printable(found.question.text)))
    if (reason := rules.parse(text).reason) is not None:
        console.print(f"refused   {reason}")
    console.print(f"understood: {found.coverage:.0%} of what is given")
