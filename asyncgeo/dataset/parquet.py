"""Problems as Parquet, a row group at a time; the one place that knows pyarrow.

In: a stream, metadata and pages of problems with commas between them. Out: bytes. It holds one row group in memory.

Columns: `id`, `source`, `subject`, `original_text`, `cleaned_text` and `category` are strings, `difficulty` is int8;
`required_objects` and `verification_conditions` are JSON in strings, because conditions of different types have
different fields: `json.loads` gives what the other formats hold. `unexpressed` is a list of strings, mostly empty.
`choices`, `label` and `answer` are the key that came with the problem: a list of strings, int8 or null, a string.
`quality_drawable` (bool), `quality_answer` and `quality_review` (string) say what verdicts found, null where none
looked. The metadata of the dataset is JSON too, in the schema's metadata under `asyncgeo`:
    json.loads(pyarrow.parquet.read_schema("geoqa3_dataset.parquet").metadata[b"asyncgeo"])
"""

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from asyncgeo.dataset.quality import UNKNOWN, Quality

_GROUP: Final = 8  # pages in a row group, about 10 MB


class _Problem(msgspec.Struct, gc=False):
    id: str
    source: str
    subject: str
    original_text: str
    cleaned_text: str
    category: str
    difficulty: int
    required_objects: msgspec.Raw
    verification_conditions: msgspec.Raw
    unexpressed: list[str] = []
    choices: list[str] = []
    label: int | None = None
    answer: str = ""
    quality: Quality = UNKNOWN


_decode: Final = msgspec.json.Decoder(list[_Problem]).decode
_TEXTS: Final = ("id", "source", "subject", "original_text", "cleaned_text", "category")
_NESTED: Final = ("required_objects", "verification_conditions")
_LISTS: Final = pa.list_(pa.string())
_LAST: Final = {"unexpressed": _LISTS, "choices": _LISTS, "label": pa.int8(), "answer": pa.string()}
"""Columns that hold nothing for many problems."""


def write_parquet(
    stream: BinaryIO, metadata: dict[str, Any], pages: Iterable[bytes], advance: Callable[[int], None]
) -> None:
    """Write the dataset."""
    schema = _schema(metadata)
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        left = iter(pages)
        while group := b",".join(islice(left, _GROUP)):
            writer.write_batch(_columns(_decode(b"[" + group + b"]"), schema))
            advance(len(group))


def count_problems(path: Path) -> int:
    """How many problems the file holds. Raises OSError where it is no Parquet file."""
    return size_of(path)[0]


def size_of(path: Path) -> tuple[int, int]:
    """Problems in the file, and the bytes that they take when they are read. Raises OSError."""
    try:
        found = pq.read_metadata(path)
    except pa.ArrowInvalid as error:
        raise OSError(str(error)) from error
    return found.num_rows, sum(found.row_group(k).total_byte_size for k in range(found.num_row_groups))


def _schema(metadata: dict[str, Any]) -> Any:
    fields = [(name, pa.string()) for name in _TEXTS] + [("difficulty", pa.int8())]
    fields += [*((name, pa.string()) for name in _NESTED), *_LAST.items()]
    fields += [("quality_drawable", pa.bool_()), ("quality_answer", pa.string()), ("quality_review", pa.string())]
    return pa.schema(fields, metadata={"asyncgeo": msgspec.json.encode(metadata)})


def _columns(problems: list[_Problem], schema: Any) -> Any:
    columns: list[list[Any]] = [[getattr(each, name) for each in problems] for name in (*_TEXTS, "difficulty")]
    columns += [[bytes(getattr(each, name)).decode() for each in problems] for name in _NESTED]
    columns += [[getattr(each, name) for each in problems] for name in _LAST]
    columns += [[getattr(each.quality, name) for each in problems] for name in ("drawable", "answer", "review")]
    return pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)
