"""Parses → other people's formats.

In: a folder of shards or a dataset, and a format. Out: files that its readers open, and what they do not hold, so that
nothing is lost without a word. Figures are drawn anew; a parse that cannot be drawn has no file.

`options` (what is asked for) → `exportable` (what is handed on) → `figures` (drawn in several processes) → one module a
format, listed in `formats` (`piece` is what they have in common, `exact` makes places exact) → `outlet` (files on
disk). It neither asks a model nor writes beside the shards.
"""

from pathlib import Path

from asyncgeo.export.options import Exported, ExportOptions, ExportProgress, FigureKind, HubOptions

__all__ = [
    "ExportOptions",
    "ExportProgress",
    "Exported",
    "FigureKind",
    "HubOptions",
    "export_dataset",
    "export_figures",
    "push_dataset",
]


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
    suffix. Raises InputError for what cannot be read, written or drawn.
    """
    from asyncgeo.export.figures import export_each  # noqa: PLC0415  loads numpy

    return export_each(kind, source, output or default_output(source, kind), options or ExportOptions(), progress)


def export_dataset(
    source: Path,
    output: Path | None = None,
    options: HubOptions | None = None,
    *,
    progress: ExportProgress | None = None,
) -> Exported:
    """Write the folder of a run as a dataset for the Hugging Face Hub (default: `export_hub` in it).

    Raises ConfigError without pyarrow, InputError and ShardError for what cannot be read or written.
    """
    from asyncgeo.export.hub.folder import export_hub  # noqa: PLC0415  the merge is needed only here

    return export_hub(source, output or default_output(source, "hub"), options or HubOptions(), progress)


def push_dataset(folder: Path, name: str, *, public: bool = False) -> str:
    """Send an exported dataset to the Hub, where only its owner sees it unless it is `public`; its address.

    Raises ConfigError and UserError, see `hub.push`.
    """
    from asyncgeo.export.hub.push import push_folder  # noqa: PLC0415  huggingface_hub is needed only here

    return push_folder(folder, name, public=public)


def default_output(source: Path, kind: str) -> Path:
    """A folder in that of the run, or beside the dataset."""
    return (source if source.is_dir() else source.parent) / f"export_{kind}"
