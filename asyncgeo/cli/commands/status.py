"""`asyncgeo status`: its flags."""

from typing import Annotated

import typer

from asyncgeo.cli import streams
from asyncgeo.cli.flags import ConfigFile, InputDir, Json, OutputDir
from asyncgeo.run.overrides import overrides


def status(
    *,
    output_dir: OutputDir = None,
    input_dir: InputDir = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Look again every second until Ctrl-C.")] = False,
    as_json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Say what is done, pending and held, what went wrong, and what to do next; also while a run goes on.

    It only looks: a run is not disturbed.

    Examples:
        asyncgeo status --watch                       # in a second terminal
        asyncgeo status --json | jq .counts.pending
    """
    from asyncgeo.cli.status import status as show_status  # noqa: PLC0415  late, so that --help is quick

    streams.end_with_reader()
    show_status(overrides(input_dir=input_dir, output_dir=output_dir), config, watch=watch, as_json=as_json)
