"""The dataset files: metadata and problems, written beside the old ones and put in their place in one step.

In: pages of problems. Out: bytes on disk.

`json` is one object, `jsonl` a problem a line with the metadata in a file of its own (`<name>.metadata.json`), and
`parquet` is described in its module:
    {"metadata": {"created_at": "…", "total_problems": 3, "skipped": 1, …},
     "problems": [{"id": "17", "source": "model", "subject": "…", …}, …]}
"""

import glob
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, NamedTuple

import msgspec

from asyncgeo.errors import ConfigError, ShardError
from asyncgeo.store import sync_folder

Format = Literal["json", "jsonl", "parquet"]
Advance = Callable[[int], None]
Put = Callable[[BinaryIO, dict[str, Any], Iterable[bytes], Advance], None]


class File(NamedTuple):
    """One file of a dataset; without pages it holds the metadata alone."""

    path: Path
    metadata: dict[str, Any]
    pages: Iterable[bytes] | None


def write(files: Sequence[File], put: Put, advance: Advance) -> None:
    """Write all files first, then rename them into place."""
    with ExitStack() as stack:
        for file in files:
            stream = stack.enter_context(_replacing(file.path))
            if file.pages is None:
                stream.write(msgspec.json.format(msgspec.json.encode(file.metadata), indent=2) + b"\n")
            else:
                put(stream, file.metadata, file.pages, advance)
            stream.flush()


def holds_problems(path: Path) -> bool:
    """Whether the file is there and is no dataset of ours without a problem. Raises ShardError."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - len(_NO_PROBLEMS)))
            end = stream.read()
    except OSError as error:
        raise _unwritable(path, error) from error
    if end.endswith(_PARQUET):
        from asyncgeo.dataset.parquet import count_problems  # noqa: PLC0415  pyarrow is needed only here

        return count_problems(path) > 0
    return size > 0 and end != _NO_PROBLEMS


def size_of_parquet(path: Path) -> tuple[int, int]:
    """Problems in the file, and the bytes that they take when they are read. Raises OSError."""
    from asyncgeo.dataset.parquet import size_of  # noqa: PLC0415  pyarrow is needed only here

    return size_of(path)


_NO_PROBLEMS: Final = b'"problems":[\n]}\n'
_PARQUET: Final = b"PAR1"


def writer(kind: Format, *, flat: bool = False) -> Put:
    """How the format is written, in JSON flat if wanted. Raises ConfigError where what it needs is not installed."""
    if kind != "parquet":
        put = _put_json if kind == "json" else _put_lines
        return partial(_put_flat, put) if flat else put
    try:
        from asyncgeo.dataset.parquet import write_parquet  # noqa: PLC0415  pyarrow is needed only here
    except ImportError as error:
        raise ConfigError(
            "Parquet needs pyarrow, which is not installed.", "pip install 'asyncgeo[parquet]', or take --format jsonl."
        ) from error
    return write_parquet


def _put_json(stream: BinaryIO, metadata: dict[str, Any], pages: Iterable[bytes], advance: Advance) -> None:
    separator = b"\n"
    stream.write(b'{"metadata":' + msgspec.json.encode(metadata) + b',\n"problems":[')
    for page in pages:
        stream.writelines((separator, page))
        separator = b",\n"
        advance(len(page))
    stream.write(b"\n]}\n")


def _put_lines(stream: BinaryIO, _: dict[str, Any], pages: Iterable[bytes], advance: Advance) -> None:
    for page in pages:
        stream.writelines((page, b"\n"))
        advance(len(page))


def _put_flat(put: Put, stream: BinaryIO, metadata: dict[str, Any], pages: Iterable[bytes], advance: Advance) -> None:
    """What is nested as JSON in text, as in Parquet: so all rows have one shape, which many readers need."""
    put(stream, metadata, map(_flat, pages), advance)


_NESTED: Final = ("required_objects", "verification_conditions")
_LINES_DECODER: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _flat(page: bytes) -> bytes:
    """A page of problems, which hold no line breaks, whatever is between them."""
    separator = b",\n" if b",\n" in page else b"\n"
    return separator.join(map(_flat_problem, page.split(separator)))


def _flat_problem(line: bytes) -> bytes:
    problem = _LINES_DECODER.decode(line)
    for name in _NESTED:
        problem[name] = msgspec.Raw(msgspec.json.encode(bytes(problem[name]).decode()))
    return msgspec.json.encode(problem)


@contextmanager
def _replacing(output: Path) -> Iterator[BinaryIO]:
    """A stream whose content takes the place of `output` in one step, or not at all; it survives a power cut.

    The stream's file is new, so it is no link to somebody's; a link in the place of `output` is replaced itself.
    """
    _remove_stale(output)
    part = output.with_name(f".{output.name}.{secrets.token_hex(4)}.{os.getpid()}.part")
    try:
        _check_target(output)
        with part.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(output)
        sync_folder(output.parent)
    except OSError as error:
        raise _unwritable(output, error) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _check_target(output: Path) -> None:
    """Raise ShardError where the output is a device, a pipe or a folder: a file must not take its place."""
    if output.exists() and not output.is_file():
        raise ShardError(f"{output} cannot be written: it is no file.", "Name another file with --to.")


def _unwritable(output: Path, error: OSError) -> ShardError:
    return ShardError(
        f"{output} cannot be written: {error.strerror or error}.",
        "Free space or change the permissions, or name another file with --to; then merge again.",
    )


def _remove_stale(output: Path) -> None:
    """Remove what merges left that were killed."""
    for part in output.parent.glob(f".{glob.escape(output.name)}.*.part"):
        pid = part.name.split(".")[-2]
        if pid.isdigit() and not lives(int(pid)):
            part.unlink(missing_ok=True)


def lives(pid: int) -> bool:
    """Whether there is a process with this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
