"""`asyncgeo compare`: its flags."""

from pathlib import Path
from typing import Annotated

import typer

from asyncgeo.cli.flags import Show


def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="A dataset, a shard, or a folder of shards.")],
    b: Annotated[
        Path | None,
        typer.Argument(
            metavar="[B]",
            help="Another one with parses of the same problems; without it, what the rules read in A's texts.",
        ),
    ] = None,
    *,
    vote: Annotated[
        Path | None,
        typer.Option(
            "--vote", metavar="DIR", help="Write what both say to this new folder; what one alone says is marked."
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="Compare the first N problems, in order of id.")
    ] = None,
    show: Show = 10,
) -> None:
    """Compare two sets of parses by meaning: which conditions of one hold in figures built from the other.

    With one set, every row is held against a second reading by the rules, with the words of the text. With --vote the
    rows of two models become one set, in which each row's `meta.disputed` says what only one of them holds.

    Examples:
        asyncgeo compare ground_truth
        asyncgeo compare reference.json ground_truth
        asyncgeo compare one_model another_model --vote both
    """
    if vote is not None and b is None:
        raise typer.BadParameter("--vote takes two sets, A and B")
    from asyncgeo.cli.compare import compare as start_compare  # noqa: PLC0415  late, so that --help is quick

    start_compare(a, b, limit=limit, show=show, vote=vote)
