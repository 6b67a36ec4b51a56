"""`asyncgeo show`: its flags."""

from typing import Annotated

import typer

from asyncgeo.cli import streams
from asyncgeo.cli.flags import ConfigFile, InputDir, Json, OutputDir
from asyncgeo.run.overrides import overrides


def show(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="The id of a problem.")],
    *,
    output_dir: OutputDir = None,
    input_dir: InputDir = None,
    as_json: Json = False,
    svg: Annotated[
        str | None, typer.Option("--svg", metavar="FILE|-", help="Write its figure; - is standard output.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Show one problem: its text with what the rules read marked, its row, and every row before it.

    Examples:
        asyncgeo show 17
        asyncgeo show 17 --json
        asyncgeo show 17 --svg figure.svg
    """
    from asyncgeo.cli.show import show as show_problem  # noqa: PLC0415  late, so that --help is quick

    flags = overrides(input_dir=input_dir, output_dir=output_dir)
    streams.end_with_reader()
    show_problem(identifier, flags, config, as_json=as_json, svg=svg)
