"""Parses → other people's formats.

In: a folder of shards or a dataset, and a format. Out: files that its readers open, and what they do not hold, so that
nothing is lost without a word. Figures are drawn anew; a parse that cannot be drawn has no file.

`options` (what is asked for) → `exportable` (what is handed on) → `figures` (drawn in several processes) → one module a
format, listed in `formats` (`piece` is what they have in common, `exact` makes places exact) → `outlet` (files on
disk). It neither asks a model nor writes beside the shards.
"""

from pathlib import Path

from asyncgeo.errors import ConfigError
from asyncgeo.export.options import Exported, ExportOptions, ExportProgress, FigureKind, Only

__all__ = ["ExportOptions", "ExportProgress", "Exported", "FigureKind", "Only", "export_figures"]


def export_figures(
    kind: FigureKind,
    source: Path,
    output: Path | None = None,
    options: ExportOptions | None = None,
    *,
    progress: ExportProgress | None = None,
) -> Exported:
    """Write every parse at `source` that is wanted in the format `kind`.

    The output is a folder (default: `export_<kind>` beside the parses), or for one problem a file with the format's
    suffix. Raises ConfigError without numpy, InputError for what cannot be read, written or drawn.
    """
    try:
        from asyncgeo.export.figures import export_each  # noqa: PLC0415  numpy is needed only here
    except ImportError as error:
        if error.name != "numpy":
            raise
        raise ConfigError("Figures need numpy, which is not installed.", "pip install 'asyncgeo[figure]'") from error
    return export_each(kind, source, output or default_output(source, kind), options or ExportOptions(), progress)


def default_output(source: Path, kind: str) -> Path:
    """A folder in that of the run, or beside the dataset."""
    return (source if source.is_dir() else source.parent) / f"export_{kind}"
