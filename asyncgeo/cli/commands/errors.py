"""`asyncgeo errors`: its flags."""

from typing import Annotated

import typer

from asyncgeo.cli import streams
from asyncgeo.cli.flags import ConfigFile, Json, OutputDir
from asyncgeo.run.overrides import overrides


def errors(
    *,
    output_dir: OutputDir = None,
    kind: Annotated[str | None, typer.Option("--kind", metavar="NAME", help="Only these, for example timeout.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=0, metavar="N", help="List the first N.")] = None,
    as_json: Json = False,
    config: ConfigFile = None,
) -> None:
    """List the problems that failed: counted by kind, then each with its message.

    Examples:
        asyncgeo errors --limit 20
        asyncgeo errors --kind timeout --json | jq -r .id
    """
    from asyncgeo.cli.errors import errors as show_errors  # noqa: PLC0415  late, so that --help is quick

    streams.end_with_reader()
    show_errors(overrides(output_dir=output_dir), config, kind=kind, limit=limit, as_json=as_json)
