"""The folder: Parquet files as a merge writes them, and the card that describes them.

In: the folder of a run, and what is wanted. Out: files, and `Exported`. It needs pyarrow and knows no network.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Final

import msgspec

from asyncgeo.dataset import best_lines
from asyncgeo.dataset.folder import Written, merge_folder
from asyncgeo.dataset.write import size_of_parquet
from asyncgeo.errors import InputError
from asyncgeo.export.exportable import read_exportables
from asyncgeo.export.hub.card import Card, HubSplit
from asyncgeo.export.options import Exported, ExportProgress, HubOptions
from asyncgeo.export.outlet import open_outlet
from asyncgeo.store import Findings

_DATA: Final = "data"
_WHOLE: Final = "train"  # what readers of the Hub ask for where there is one split
_CARD: Final = "README.md"
_HAN: Final = re.compile("[\u4e00-\u9fff]")


def export_hub(source: Path, output: Path, options: HubOptions, progress: ExportProgress | None) -> Exported:
    """Write the folder. Raises InputError, ConfigError and ShardError as a merge does."""
    if not source.is_dir():
        raise InputError(
            f"{source} is no folder; models, prompts and verdicts are in that of a run.",
            "Name the folder of the run, as in: asyncgeo export hub ground_truth",
        )
    with open_outlet(output, (_CARD,), force=options.force) as outlet:
        data = outlet.waiting / _DATA
        data.mkdir()
        written = Written(
            output=data / f"{_WHOLE}.parquet",
            format="parquet",
            split=options.split,
            seed=options.seed,
            only=options.only,
            allow_empty=True,
        )
        stats = merge_folder(source, written, expected=None, progress=progress)
        parts = []
        for merged in stats.outputs:
            name = merged.stem.removeprefix(f"{_WHOLE}.")
            path = merged.rename(data / f"{name}.parquet")
            parts.append(HubSplit(name, f"{_DATA}/{path.name}", path.stat().st_size, *size_of_parquet(path)))
            outlet.add(parts[-1].path)
        unsaid = {each.id: each.unexpressed for each in read_exportables(source, only=options.only) if each.unexpressed}
        prompts, languages = _asked(source)
        card = Card(source.absolute().name, options.licence, tuple(parts), stats, prompts, languages)
        outlet.put(_CARD, str(card).encode())
        outlet.close({"format": "hub", "licence": options.licence, "unsaid": unsaid})
    return Exported(output, stats.problems, unsaid=unsaid)


class _Asked(msgspec.Struct):
    """What the card says of how a row came to be."""

    original_text: str = ""
    meta: dict[str, object] | None = None


def _asked(source: Path) -> tuple[dict[str, int], tuple[str, ...]]:
    """Digests of the prompts with the rows they were sent for, and the languages of the problems."""
    prompts, languages = Counter[str](), Counter[str]()
    decode = msgspec.json.Decoder(_Asked).decode
    for line in best_lines(source, Findings()):
        row = decode(line)
        if prompt := (row.meta or {}).get("prompt"):
            prompts[str(prompt)] += 1
        if row.original_text:
            languages["zh" if _HAN.search(row.original_text) else "en"] += 1
    return dict(prompts.most_common()), tuple(name for name, _ in languages.most_common())
