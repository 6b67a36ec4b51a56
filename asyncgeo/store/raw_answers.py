"""Raw answers beside the shards: what the model wrote, as it came, so that rows can be made again without asking.

In: answers, encoded; a folder. Out: `dataset_{start}_{end}.raw.jsonl.gz`, and the answers back by id. It knows no rows
on disk and judges no answer.

The file is a series of gzip members, one for each batch that was written, so `zcat` reads it. One answer is one line:
    {"id":"17","text":"…","at":"2026-11-23T09:15:02.113Z","model":"gpt-4.1-mini","prompt":"9f2c…","finish_reason":"stop",
     "content":"{…}"}
`text` is the problem as it was asked; `at` (UTC) is when the answer came, and `meta.at` or `meta.answered` of the row
that was made of it.

Laws: only who holds the shard's lock appends or repairs. A member is whole or does not count: one that a kill left
torn at the end is passed over by readers, and cut off before anything is appended, so none ever stands in the middle.
A file that is not ours, or stands behind a link, is never written.
"""

import gzip
import mmap
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from asyncgeo import store
from asyncgeo.errors import ShardError
from asyncgeo.schema.asked import AnswerKey
from asyncgeo.schema.records import Row
from asyncgeo.schema.sanitize import encodable
from asyncgeo.store import Bounds

_OF_ROWS: Final = ".jsonl"
_OF_ANSWERS: Final = ".raw.jsonl.gz"
_MAGIC: Final = b"\x1f\x8b\x08"  # gzip, deflated
_GZIP: Final = 31  # zlib's word for "a gzip member, checksum and all"
_BLOCK: Final = 1 << 12  # bytes inflated at a time; a member of one answer has about 700
_LEVEL: Final = 6  # of an answer's 1 KB it leaves half; more time wins nothing


class Raw(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer as it came; `key` is what the problem said of its answer, and was not sent."""

    id: str
    text: str
    at: str
    model: str
    prompt: str
    finish_reason: str
    content: str
    key: AnswerKey = AnswerKey()


class Answered(NamedTuple):
    """A row and the answers that came before it, the one it was made of last; those of a model that failed too."""

    row: Row
    raws: tuple[Raw, ...] = ()


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Raw)


def encode(raws: Iterable[Raw]) -> bytes:
    """The answers as lines; what UTF-8 cannot hold is replaced."""
    return b"".join(_line(raw) for raw in raws)


def _line(raw: Raw) -> bytes:
    try:
        return _ENCODER.encode(raw) + b"\n"
    except UnicodeEncodeError:
        members = msgspec.structs.asdict(raw).items()
        texts = {name: encodable(value) for name, value in members if isinstance(value, str)}
        return _ENCODER.encode(msgspec.structs.replace(raw, **texts)) + b"\n"


def decode(lines: bytes) -> tuple[Raw, ...]:
    """The answers of these lines; one that is no answer is passed over."""
    found = list[Raw]()
    for line in lines.splitlines():
        with suppress(ValueError):
            found.append(_DECODER.decode(line))
    return tuple(found)


def name(bounds: Bounds) -> str:
    """The file with the answers on the problems of a shard."""
    return store.name(*bounds).removesuffix(_OF_ROWS) + _OF_ANSWERS


def read(folder: Path) -> Iterator[tuple[str, list[Raw]]]:
    """Each id with its answers in the order in which they came; file by file, so an id may come once for each."""
    for _, path in find(folder):
        yield from read_file(path).items()


def find(folder: Path) -> list[tuple[Bounds, Path]]:
    """The files with answers in the folder, by numeric bounds, whether their shard is there or not."""
    found = (path for path in (folder.iterdir() if folder.is_dir() else ()) if path.name.endswith(_OF_ANSWERS))
    names = ((store.parse_name(path.name.removesuffix(_OF_ANSWERS) + _OF_ROWS), path) for path in found)
    return sorted((bounds, path) for bounds, path in names if bounds is not None)


def read_file(path: Path) -> dict[str, list[Raw]]:
    """The answers of one file by id; a torn member, and a line that is no answer, is passed over."""
    found: dict[str, list[Raw]] = {}
    for raw in each(path):
        found.setdefault(raw.id, []).append(raw)
    return found


def each(path: Path) -> Iterator[Raw]:
    """The same answers one by one, in the order in which they came."""
    return (raw for _, content in _members_of(path) for raw in decode(content))


class RawFile:
    """The answers of one shard being written, by its holder; a shard without an answer leaves no file."""

    def __init__(self, folder: Path, bounds: Bounds) -> None:
        """Cut off what a killed run left torn. Raises OSError, and ShardError for a file that is not ours."""
        self.path: Final = folder / name(bounds)
        self._size = _repair(self.path)
        self._descriptor: int | None = None
        self._unsynced = False
        self._unnamed = False  # its name in the folder is not on the disk yet

    def append(self, lines: bytes) -> None:
        """Write the lines as one member, all of it or none. Raises OSError."""
        if self._descriptor is None:
            self._descriptor = store.open_own(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            self._unnamed = not self._size
        member = gzip.compress(lines, _LEVEL, mtime=0)
        self._unsynced = True
        rest = memoryview(member)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            with suppress(OSError):  # what cannot be cut off now, the next holder cuts off
                os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(member)

    def sync(self) -> None:
        """Return once all members are on the disk, and the file's name. Raises OSError."""
        if self._descriptor is None or not self._unsynced:
            return
        self._unsynced = False
        os.fsync(self._descriptor)
        if self._unnamed:
            self._unnamed = False
            store.sync_folder(self.path.parent)

    def close(self) -> None:
        """Sync and close. Raises OSError."""
        try:
            self.sync()
        finally:
            descriptor, self._descriptor = self._descriptor, None
            if descriptor is not None:
                os.close(descriptor)


def _repair(path: Path) -> int:
    """The length of the file once it ends with a whole member. Raises ShardError for a file that is not ours."""
    try:
        descriptor = store.open_own(path, os.O_RDWR)
    except FileNotFoundError:
        return 0
    try:
        size = os.fstat(descriptor).st_size
        good = max((end for end, _ in _members_in(descriptor)), default=0)
        if good < size:
            if not good and not _is_torn(os.pread(descriptor, size, 0)):
                raise ShardError(
                    f"{path} holds no raw answers of asyncgeo; it is left as it is.",
                    "Move it away, or name another folder with --output-dir; then start the same command again.",
                )
            os.ftruncate(descriptor, good)
    finally:
        os.close(descriptor)
    return good


def _is_torn(content: bytes) -> bool:
    """Whether the bytes are the beginning of a member of ours, cut off: no damage, and what can be read fits."""
    if not content.strip(b"\0"):  # a power cut may leave zeros
        return True
    if not _HEADER.startswith(content[: len(_HEADER)]):
        return False
    inflater = zlib.decompressobj(_GZIP)
    try:
        start = inflater.decompress(content, len(_FIRST))
    except zlib.error:
        return False
    return not inflater.eof and _FIRST.startswith(start)


_HEADER: Final = gzip.compress(b"", _LEVEL, mtime=0)[:10]
_FIRST: Final = b'{"id":"'


def _members_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """Where each whole member ends, and its content."""
    with path.open("rb") as stream:
        yield from _members_in(stream.fileno())


def _members_in(descriptor: int) -> Iterator[tuple[int, bytes]]:
    if not os.fstat(descriptor).st_size:  # an empty file cannot be mapped
        return
    with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as whole:
        at = whole.find(_MAGIC)
        while at >= 0:
            found = _inflate(whole, at)
            if found is None:  # torn or damaged: the next member begins somewhere behind its first byte
                at = whole.find(_MAGIC, at + 1)
                continue
            yield found
            at = whole.find(_MAGIC, found[0])


def _inflate(whole: mmap.mmap, start: int) -> tuple[int, bytes] | None:
    """The end and the content of the member that begins there; None when it is not whole, or its checksum is wrong."""
    inflater, pieces = zlib.decompressobj(_GZIP), list[bytes]()
    at = start
    while at < len(whole):
        block = whole[at : at + _BLOCK]
        at += len(block)
        try:
            pieces.append(inflater.decompress(block))
        except zlib.error:
            return None
        if inflater.eof:
            return at - len(inflater.unused_data), b"".join(pieces)
    return None
