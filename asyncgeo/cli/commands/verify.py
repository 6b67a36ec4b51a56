"""`asyncgeo verify`: its flags."""

from typing import Annotated

import typer

from asyncgeo.cli.flags import ConfigFile, Json, OutputDir, ProcessesFlag, Show
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
    processes: ProcessesFlag = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, hidden=True)] = None,  # --processes until 0.2
    show: Show = 10,
    as_json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Check that every parse can be drawn and leads to the key of its problem; results go to verify_*.jsonl.

    What a problem asks for is measured in several figures of its parse, and held against its key where there is one.

    Examples:
        asyncgeo verify --output-dir ground_truth --show 20

    --json prints one object: parses = drawable + contradictory + unjudged, judged (of them now), rounded (of the
    contradictory); states and answers, each counted; contradictory_ids, unjudged_ids, wrong_ids.
    """
    from asyncgeo.cli.verify import verify as start_verify  # noqa: PLC0415  late, so that --help is quick

    flags = overrides(output_dir=output_dir, input_dir=input_dir)
    start_verify(flags, config, processes=processes or workers, show=show, as_json=as_json)
