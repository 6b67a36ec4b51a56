"""The dataset file: metadata and problems, written beside the old one and put in its place in one step.

In: `Chosen`. Out: bytes on disk. The bytes of a row are copied; only rows that carry more than a problem does, or
that the original script wrote, are written anew.

    {"metadata": {"created_at": "…", "total_problems": 3, "skipped": 1, …},
     "problems": [{"id": "17", "source": "model", "subject": "…", …}, …]}
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from asyncgeo.errors import ShardError
from asyncgeo.merge.choose import Chosen, cut
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


def write(
    output: Path,
    metadata: dict[str, Any],
    chosen: Chosen,
    identifiers: list[str],
    straighten: Straighten | None,
    advance: Callable[[int], None],
) -> None:
    """Replace `output` by the dataset of the problems `identifiers`, in that order."""
    with _replacing(output) as stream:
        stream.write(b'{"metadata":' + msgspec.json.encode(metadata) + b',\n"problems":[')
        separator = b"\n"
        for problem in _problems(chosen, identifiers, straighten, advance):
            stream.write(separator + problem)
            separator = b",\n"
        stream.write(b"\n]}\n")


def _problems(
    chosen: Chosen, identifiers: list[str], straighten: Straighten | None, advance: Callable[[int], None]
) -> Iterator[bytes]:
    streams: dict[int, BinaryIO] = {}
    try:
        for identifier in identifiers:
            shard, offset, length = chosen.place(identifier)
            if shard not in streams:
                if len(streams) >= 64:  # far below any limit on open files
                    streams.pop(next(iter(streams))).close()
                streams[shard] = chosen.paths[shard].open("rb")
            line = os.pread(streams[shard].fileno(), length, offset)
            advance(length)
            yield _problem(line, straighten)
    finally:
        for stream in streams.values():
            stream.close()


def _problem(line: bytes, straighten: Straighten | None) -> bytes:
    row = lines.look(line)
    part = cut(row, line)
    if part is not None:
        return b"{" + part + b"}"
    whole = msgspec.json.decode(line)
    whole["id"] = str(whole["id"])
    if isinstance(row, Original):
        whole["source"] = row.source
        if straighten is not None and not row.valid:
            whole = straighten(whole)
    return msgspec.json.encode({key: whole[key] for key in KEYS})


@contextmanager
def _replacing(output: Path) -> Iterator[BinaryIO]:
    part = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        with part.open("wb", buffering=1 << 20) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(output)
    except OSError as error:
        raise ShardError(
            f"{output} cannot be written: {error.strerror}.", "Free space or check permissions."
        ) from error
    finally:
        part.unlink(missing_ok=True)
