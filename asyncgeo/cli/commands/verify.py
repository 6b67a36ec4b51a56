"""`asyncgeo verify`: its flags."""

from typing import Annotated

import typer

from asyncgeo.cli.flags import ConfigFile, OutputDir, Processes, Show
from asyncgeo.run.overrides import overrides


def verify(
    *,
    output_dir: OutputDir = None,
    input_dir: Annotated[
        str | None,
        typer.Option(
            "--input-dir", "-i", metavar="DIR", help="Keys of rows that hold none.  [default: the runs' input]"
        ),
    ] = None,
    processes: Processes = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, hidden=True)] = None,  # --processes until 0.2
    show: Show = 10,
    config: ConfigFile = None,
) -> None:
    """Check that every parse can be drawn and leads to the key of its problem; results go to verify_*.jsonl.

    What a problem asks for is measured in several figures of its parse, and held against its key where there is one.

    Examples:
        asyncgeo verify --output-dir ground_truth --show 20
    """
    from asyncgeo.cli.verify import verify as start_verify  # noqa: PLC0415  late, so that --help is quick

    flags = overrides(output_dir=output_dir, input_dir=input_dir)
    start_verify(flags, config, processes=processes or workers, show=show)
