"""The dataset file: metadata and problems, written beside the old one and put in its place in one step.

In: rows as `choose` fetches them. Out: bytes on disk. The bytes of a row are copied; only rows that carry more than a
problem does, or that the original script wrote, are written anew.

    {"metadata": {"created_at": "…", "total_problems": 3, "skipped": 1, …},
     "problems": [{"id": "17", "source": "model", "subject": "…", …}, …]}
"""

import glob
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from asyncgeo.errors import ShardError
from asyncgeo.shards import lines
from asyncgeo.shards.lines import Original

KEYS: Final = (
    "id",
    "source",
    "subject",
    "original_text",
    "cleaned_text",
    "category",
    "difficulty",
    "required_objects",
    "verification_conditions",
)
"""What a problem of the dataset holds."""

Straighten = Callable[[dict[str, Any]], dict[str, Any]]
_BATCH: Final = 2048  # problems joined before they are written, about 2 MB


def write(
    output: Path,
    metadata: dict[str, Any],
    rows: Iterable[tuple[bytes, bool]],
    straighten: Straighten | None,
    advance: Callable[[int], None],
) -> None:
    """Replace `output` by the dataset of these rows, as `Chosen.fetch` gives them."""
    problems = (_rewrite(row, straighten) if anew else row for row, anew in rows)
    separator = b"\n{"
    with _replacing(output) as stream:
        stream.write(b'{"metadata":' + msgspec.json.encode(metadata) + b',\n"problems":[')
        while batch := list(islice(problems, _BATCH)):
            joined = b"},\n{".join(batch)
            stream.write(separator + joined + b"}")
            separator = b",\n{"
            advance(len(joined))
        stream.write(b"\n]}\n")


def _rewrite(line: bytes, straighten: Straighten | None) -> bytes:
    """The problem of a line, without its braces."""
    row = lines.look(line)
    whole = msgspec.json.decode(line)
    if isinstance(row, Original):
        whole |= {"id": row.id, "source": row.source}
        if straighten is not None and not row.sound:
            whole = straighten(whole)
    return msgspec.json.encode({key: whole[key] for key in KEYS})[1:-1]


@contextmanager
def _replacing(output: Path) -> Iterator[BinaryIO]:
    """A stream whose content takes the place of `output` in one step, or not at all."""
    _remove_stale(output)
    part = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(output)
    except OSError as error:
        raise ShardError(
            f"{output} cannot be written: {error.strerror or error}.",
            "Free space or mend the permissions, or name another file with --output; then merge again.",
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _remove_stale(output: Path) -> None:
    """Remove what merges left that were killed."""
    for part in output.parent.glob(f".{glob.escape(output.name)}.*.part"):
        pid = part.name.split(".")[-2]
        if pid.isdigit() and not _lives(int(pid)):
            part.unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
