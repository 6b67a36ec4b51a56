"""`asyncgeo reparse`: its flags."""

from asyncgeo.cli.flags import ConfigFile, OutputDir, Show
from asyncgeo.run.overrides import overrides


def reparse(*, output_dir: OutputDir = None, show: Show = 10, config: ConfigFile = None) -> None:
    """Make rows anew from the answers that --keep-raw kept, by this version's checks; nothing is asked.

    Examples:
        asyncgeo reparse --output-dir ground_truth
    """
    from asyncgeo.cli.reparse import reparse as start_reparse  # noqa: PLC0415  late, so that --help is quick

    start_reparse(overrides(output_dir=output_dir), config, show=show)
