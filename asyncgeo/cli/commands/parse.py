"""`asyncgeo parse`: its flags."""

import sys
from typing import Annotated

import typer

from asyncgeo.cli.flags import BaseUrl, ConfigFile, Model, Offline, Wait
from asyncgeo.run.overrides import overrides


def parse(
    text: Annotated[str, typer.Argument(metavar="TEXT|-", help="One problem; - reads it from standard input.")],
    *,
    model: Model = None,
    base_url: BaseUrl = None,
    offline: Offline = False,
    wait: Wait = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show what the rules read where, and what they did not understand.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Read one problem and print its row.

    Examples:
        asyncgeo parse --offline '△ABC中,AB=AC'
        pbpaste | asyncgeo parse --explain -
    """
    from asyncgeo.cli.parse import explain as explain_text, parse as parse_text  # noqa: PLC0415  late, as for --help

    text = sys.stdin.read() if text == "-" else text
    if explain:
        explain_text(text)
    else:
        parse_text(text, overrides(model=model, base_url=base_url, wait=wait), config, offline=offline)
