"""`asyncgeo batch`, and `asyncgeo batch cancel`: their flags."""

from typing import Annotated

import typer

from asyncgeo.cli import help as pages
from asyncgeo.cli.flags import BaseUrl, ConfigFile, Json, OutputDir
from asyncgeo.run.overrides import overrides

# ruff: noqa: PLC0415  imports late so that --help is quick

group = typer.Typer(name="batch", cls=pages.Group, rich_markup_mode=None, add_completion=False)


@group.callback(invoke_without_command=True)
def _list(
    context: typer.Context, *, output_dir: OutputDir = None, as_json: Json = False, config: ConfigFile = None
) -> None:
    """List the batches of a folder, or cancel them.

    The list holds the batches whose problems have no row yet, as they were seen last.

    Examples:
        asyncgeo batch
        asyncgeo batch --json
        asyncgeo batch cancel 0003
    """
    if context.invoked_subcommand is None:
        from asyncgeo.cli.batch import show as show_batches

        show_batches(overrides(output_dir=output_dir), config, as_json=as_json)


@group.command(cls=pages.Command)
def cancel(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[BATCH]...", help="Which of them.  [default: all of the folder]")
    ] = None,
    *,
    output_dir: OutputDir = None,
    base_url: BaseUrl = None,
    config: ConfigFile = None,
) -> None:
    """Ask the endpoint to end batches; what was answered by then is paid for, and collected by `run --batch`.

    Examples:
        asyncgeo batch cancel
        asyncgeo batch cancel 0003
    """
    from asyncgeo.cli.batch import cancel as cancel_batches

    cancel_batches(overrides(output_dir=output_dir, base_url=base_url), config, names or [])
