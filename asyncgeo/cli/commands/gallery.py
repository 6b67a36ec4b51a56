"""`asyncgeo gallery`, which is `asyncgeo report --only contradictory` since 0.2: its flags."""

from pathlib import Path
from typing import Annotated

import typer


def gallery(
    source: Annotated[Path, typer.Argument(metavar="DIR|FILE", help="A dataset, a shard, or a folder of shards.")],
    *,
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="The page.")] = Path("gallery.html"),
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="Draw the first N parses.")] = 60,
    contradictory: Annotated[bool, typer.Option("--contradictory", help="Only parses that cannot be drawn.")] = False,
) -> None:
    """Draw the figures of parses on one page.

    Examples:
        asyncgeo gallery ground_truth --contradictory --output gallery.html
    """
    from asyncgeo.cli.gallery import gallery as start_gallery  # noqa: PLC0415  late, so that --help is quick

    start_gallery(source, output, limit=limit, only_contradictory=contradictory)
