"""`asyncgeo export`: its flags."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from asyncgeo.cli.flags import OnlyFlag, ProcessesFlag, Seed, SplitFlag

# ruff: noqa: PLC0415  imports late so that --help is quick


def export(  # noqa: PLR0913  one parameter a flag
    form: Annotated[
        Literal["geobuild", "ggb", "hub", "newclid", "tikz"],
        typer.Argument(metavar="FORMAT", help="geobuild, ggb, hub, newclid or tikz."),
    ],
    source: Annotated[Path, typer.Argument(metavar="DIR|FILE", help="A run's folder, or a merged dataset.")],
    *,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="DIR|FILE",
            help="A folder; a file for one problem.  [default: export_FORMAT beside the parses]",
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", hidden=True)] = None,  # --to until 0.2
    ids: Annotated[str | None, typer.Option("--ids", metavar="ID,…", help="Only these problems.")] = None,
    only: OnlyFlag = None,
    standalone: Annotated[bool, typer.Option("--standalone", help="tikz: a document of its own.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that no export wrote.")] = False,
    processes: ProcessesFlag = None,
    split: SplitFlag = None,
    seed: Seed = 0,
    licence: Annotated[
        str, typer.Option("--licence", "--license", metavar="NAME", help="hub: of the problems, as cc-by-4.0.")
    ] = "",
    push: Annotated[
        str | None, typer.Option("--push", metavar="NAME", help="hub: send it there; only you see it. Asks before.")
    ] = None,
    public: Annotated[bool, typer.Option("--public", help="hub: everybody may see what is pushed.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="hub: push without asking.")] = False,
) -> None:
    """Write the parses for other programs: GeoBuildBench, GeoGebra, Hugging Face Hub, Newclid, TikZ.

    Figures are drawn anew; what a format cannot say is named on screen and in `_export.json` beside the files.
    --split and --seed are hub's.

    Examples:
        asyncgeo export tikz ground_truth --ids 17 --standalone --to 17.tex
        asyncgeo export hub ground_truth --licence cc-by-4.0 --push NAME
    """
    from asyncgeo.cli.export import Push, export as start_export, export_to_hub
    from asyncgeo.export import ExportOptions, HubOptions

    if form == "hub":
        if ids is not None or standalone:
            raise typer.BadParameter("--ids and --standalone go with figures; a dataset is a folder's")
        wanted = HubOptions(only=only, split=split, seed=seed, licence=licence, force=force)
        export_to_hub(source, to or output, wanted, None if push is None else Push(push, public, not yes))
        return
    if split or licence or push or public:
        raise typer.BadParameter("--split, --licence, --push and --public go with hub")
    options = ExportOptions(
        ids=None if ids is None else [each.strip() for each in ids.split(",")],
        only=only,
        standalone=standalone,
        force=force,
        processes=processes,
    )
    start_export(form, source, to or output, options)
