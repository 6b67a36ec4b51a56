"""`asyncgeo merge`: its flags."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from asyncgeo.cli.flags import ConfigFile, Json, OldOutput, OnlyFlag, OutputDir, Seed, SplitFlag
from asyncgeo.run.overrides import overrides

# ruff: noqa: PLC0415  imports late so that --help is quick


def merge(  # noqa: PLR0913  one parameter a flag
    *,
    output_dir: OutputDir = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="The dataset.  [default: geoqa3_dataset.json in the run's folder]"),
    ] = None,
    output: OldOutput = None,
    form: Annotated[
        Literal["json", "jsonl", "parquet"] | None,
        typer.Option("--format", help="How it is written.  [default: by the ending of --to, else json]"),
    ] = None,
    split: SplitFlag = None,
    seed: Seed = 0,
    only: OnlyFlag = None,
    only_drawable: Annotated[bool, typer.Option("--only-drawable", hidden=True)] = False,  # --only drawable until 0.2
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Replace a dataset even by one without a problem.")
    ] = False,
    flat: Annotated[
        bool, typer.Option("--flat", help="Objects and conditions as JSON in text: rows of one shape, as in Parquet.")
    ] = False,
    as_json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Merge all dataset_*.jsonl of a folder into one dataset, with statistics.

    Examples:
        asyncgeo merge
        asyncgeo merge --output-dir old/shards --to dataset.json
        asyncgeo merge --format parquet --split train=0.8,test=0.2 --only drawable

    --json prints one object: outputs; shards, rows; ids = parsed + stand_ins + skipped + failed + left_out; problems
    (written), pending; guesses, unexpressed, duplicates, bad_lines; figures and answers, by `asyncgeo verify`;
    categories, difficulties, sources, models, skip_reasons, error_kinds, each counted; gaps, held, lookalikes.
    """
    from asyncgeo.cli.merge import merge as start_merge
    from asyncgeo.dataset.folder import Written

    chosen = only or ("drawable" if only_drawable else None)
    written = Written(
        output=to or output, format=form, split=split, seed=seed, only=chosen, allow_empty=allow_empty, flat=flat
    )
    start_merge(overrides(output_dir=output_dir), config, written, as_json=as_json)
