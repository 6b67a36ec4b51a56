"""`asyncgeo report`: its flags."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from asyncgeo.cli.flags import ConfigFile, OldOutput, OutputDir
from asyncgeo.run.overrides import overrides


def report(  # noqa: PLR0913  one parameter a flag
    *,
    output_dir: OutputDir = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="The page.  [default: report.html in the run's folder]")
    ] = None,
    output: OldOutput = None,
    input_dir: Annotated[
        str | None,
        typer.Option("--input-dir", "-i", metavar="DIR", help="Texts of skipped problems.  [default: the runs' input]"),
    ] = None,
    figures: Annotated[
        int, typer.Option("--figures", min=0, metavar="N", help="Draw the parses among the first N problems shown.")
    ] = 500,
    limit: Annotated[
        int,
        typer.Option("--limit", min=1, metavar="N", help="Problems in the table at most; charts count all of them."),
    ] = 20_000,
    only: Annotated[
        Literal["contradictory"] | None,
        typer.Option("--only", help="Only what `asyncgeo verify` found contradictory, drawn as well as can be."),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Write it again and again while a run goes on; Ctrl-C ends that.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Write one HTML page about a folder: totals, cost, runs, and every problem to search and open; no network.

    Examples:
        asyncgeo report    # then open ground_truth/report.html in a browser
        asyncgeo report --only contradictory --to contradictory.html
    """
    from asyncgeo.cli.report import report as start_report  # noqa: PLC0415  late, so that --help is quick
    from asyncgeo.views.report.gather import Extent  # noqa: PLC0415

    flags = overrides(output_dir=output_dir, input_dir=input_dir)
    try:
        start_report(flags, config, to or output, Extent(figures, limit, only), watch=watch)
    except KeyboardInterrupt:
        if not watch:
            raise
