"""Where an export goes: a folder with a file a problem, or one file.

In: names and contents. Out: files on disk, each whole or not there, and in a folder `_export.json`, which names every
file and what is missing. What an export did not write is not replaced unless that is wanted.

    {"asyncgeo":"export","format":"tikz","files":["17.tex",…],"not_drawn":{"43":"contradictory"},
     "unsaid":{"17":["area of ABC = 6"]}}

Everything is written beside its place first; then the record says which files are this export's, old and new, and then
they are put in their places. So one that was killed can be repeated.
"""

import glob
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec

from asyncgeo.dataset.write import lives
from asyncgeo.errors import InputError
from asyncgeo.store import make_own_folder, sync_folder

_RECORD: Final = "_export.json"
_LONGEST: Final = 200  # bytes of a file's name without its suffix; file systems take 255
_ANOTHER: Final = "Name another one with --to, or give --force to replace it."


def file_name(identifier: str, suffix: str) -> str:
    """The file of a problem: its id, with what no file's name should hold written as in an address."""
    name = quote(identifier, safe="")
    if name[:1] in "._~-":  # hidden, ours, somebody's home, a flag
        name = f"%{ord(name[0]):02X}{name[1:]}" if name else "%"
    if len(name) > _LONGEST:
        name = f"{name[:_LONGEST]}-{blake2b(identifier.encode(), digest_size=8).hexdigest()}"
    return name + suffix


class Outlet:
    """Files that wait beside their place until all are there."""

    def __init__(self, target: Path, waiting: Path) -> None:
        self._target, self._waiting = target, waiting
        self._names: dict[str, None] = {}

    def put(self, name: str, content: bytes) -> None:
        """Add a file."""
        path = self._waiting / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        self._names[name] = None

    @property
    def waiting(self) -> Path:
        """The folder in which they wait; what is written there in other ways is named by `add`."""
        return self._waiting

    def add(self, name: str) -> None:
        """Count a file that is there as one of the export's."""
        self._names[name] = None

    def close(self, told: dict[str, Any]) -> None:
        """Put every file in its place, take away those of an earlier export, and record what was said."""
        make_own_folder(self._target)
        record, earlier = self._target / _RECORD, _recorded(self._target)
        _replace(record, _encoded(told, {*earlier, *self._names} - {_RECORD}), self._waiting)
        for name in self._names:
            (self._target / name).parent.mkdir(parents=True, exist_ok=True)
            (self._waiting / name).replace(self._target / name)
        for name in earlier - {*self._names, _RECORD}:
            (self._target / name).unlink(missing_ok=True)
        _replace(record, _encoded(told, self._names), self._waiting)
        sync_folder(self._target)


@contextmanager
def open_outlet(target: Path, names: Iterable[str], *, force: bool) -> Iterator[Outlet]:
    """An outlet into the folder, for files of these names. Raises InputError where one is somebody else's."""
    with _closing_errors(target):
        if target.exists() and not target.is_dir():
            raise InputError(f"{target} is no folder.", "Name a folder with --to.")
        earlier = _recorded(target)
        foreign = [name for name in (*names, _RECORD) if name not in earlier and os.path.lexists(target / name)]
        if foreign and not force:
            raise InputError(f"{target / foreign[0]} is there and no export wrote it.", _ANOTHER)
        with _waiting_room(target) as waiting:
            yield Outlet(target, waiting)


def write_file(target: Path, content: bytes, *, force: bool) -> None:
    """One file as a whole. Raises InputError where there is one already."""
    with _closing_errors(target):
        if os.path.lexists(target) and not (force and target.is_file()):
            raise InputError(f"{target} is there already.", _ANOTHER)
        with _waiting_room(target) as waiting:
            _replace(target, content, waiting)
        sync_folder(target.parent)


@contextmanager
def _waiting_room(target: Path) -> Iterator[Path]:
    """A folder beside the target, gone afterwards; those of exports that were killed go now."""
    parent, name = target.absolute().parent, target.absolute().name
    parent.mkdir(parents=True, exist_ok=True)
    for stale in parent.glob(f".{glob.escape(name)}.*.part"):
        pid = stale.name.split(".")[-2]
        if pid.isdigit() and not lives(int(pid)):
            shutil.rmtree(stale, ignore_errors=True)
    waiting = parent / f".{name}.{secrets.token_hex(4)}.{os.getpid()}.part"
    waiting.mkdir()
    try:
        yield waiting
    finally:
        shutil.rmtree(waiting, ignore_errors=True)


@contextmanager
def _closing_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{target} cannot be written: {error.strerror or error}.",
            "Free space or change the permissions, or name another place with --to.",
        ) from error


def _recorded(target: Path) -> set[str]:
    """The files of an earlier export; none where the record is not ours."""
    with suppress(OSError, ValueError):
        record = msgspec.json.decode((target / _RECORD).read_bytes())
        if isinstance(record, dict) and record.get("asyncgeo") == "export":
            files = record.get("files")
            return {_RECORD, *filter(_is_inside, files if isinstance(files, list) else ())}
    return set()


def files_of_export(target: Path) -> list[str]:
    """The files that the record of the export names, without the record."""
    return sorted(_recorded(target) - {_RECORD})


def _is_inside(name: object) -> bool:
    """Whether a recorded name is one of a file in the folder: a record may have been edited."""
    return isinstance(name, str) and not Path(name).is_absolute() and ".." not in Path(name).parts


def _encoded(told: dict[str, Any], names: Iterable[str]) -> bytes:
    return msgspec.json.encode({"asyncgeo": "export", "files": sorted(names)} | told) + b"\n"


def _replace(path: Path, content: bytes, waiting: Path) -> None:
    part = waiting / f".{secrets.token_hex(4)}"
    with part.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
