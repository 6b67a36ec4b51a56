"""`verify_{start}_{end}.jsonl` beside the shards: the verdicts on their parses, written and read here only.

In: verdicts. Out: lines, and verdicts by id and digest. One verdict is one JSON object on one line:
    {"id":"17","of":"0b6e1f0a93c45d21","drawable":true,"state":"flexible","residual":1.3e-14,"freedom":2,"surplus":0,
     "rounded":false,"conflict":[],"by_objects":false,"ms":2.9,"why":"","asks":"5c3a90be11d2f467",
     "answer":{"state":"right","asked":"∠ACB","values":[40.0],"key":"40°"}}
`of` is the digest of what was judged, so that verdicts on older rows do not count. What is judged is the row as it is
stored (straightened, for rows of the original script), not as a merge rewrites it: the rewritten problem says the same,
so its row's verdict is its verdict. `conflict` holds indices into the row's conditions (straightened, for rows of the
original script); `by_objects` says that the objects to be drawn take part in it. `freedom` is null where there is no
figure. A parse that costs too much to draw (see `figure.effort`) has the state "not judged", `drawable` null, and
`why` names the reason. `answer` says what the quantity that is asked comes to (see `schema.verdict`), and `asks` is the
digest of question and key that it was held against; verdicts of earlier versions have neither. Of two verdicts on one
parse the later counts.
`second` is what a review found in the text beside the parse, null where there was none:
    {"facts":5,"unsaid":[{"fact":{…},"words":"AB=AC"}]}
Lines are appended, a batch by one write; a torn last line is closed by a newline and passed over, so two verifications
of one folder do double work and no harm.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from asyncgeo import store
from asyncgeo.schema.asked import AnswerKey
from asyncgeo.schema.verdict import Verdict, digest, question_digest
from asyncgeo.store import parses
from asyncgeo.store.parses import Parse
from asyncgeo.store.sources import Sources


def read(folder: Path) -> dict[tuple[str, str], Verdict]:
    """Every verdict beside the shards of the folder, by id and digest."""
    return {
        key: verdict for bounds, _ in store.find(folder) for key, verdict in read_file(folder / name(*bounds)).items()
    }


def verdict_on(row: object, verdicts: Mapping[tuple[str, str], Verdict]) -> Verdict | None:
    """The verdict on a decoded row as it stands now, or None where it has none."""
    parse = parses.of_row(row)
    return None if parse is None else on_parse(parse, verdicts.get)


def on_parse(parse: Parse, find: Callable[[tuple[str, str]], Verdict | None]) -> Verdict | None:
    """The verdict on the parse, by id and digest, without its answer where the key is another now."""
    found = find((parse.id, digest(parse.conditions, parse.objects)))
    if found is None or parse.key == AnswerKey() or found.asks == question_digest(parse.original, parse.key):
        return found
    return msgspec.structs.replace(found, answer=None)


def name(start: int, end: int) -> str:
    """The file with the verdicts on the shard of positions [start, end)."""
    return f"verify_{start}_{end}.jsonl"


def each(path: Path) -> Iterator[Verdict]:
    """The verdicts of one file, in the order in which they were written; none where there is no file."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        for line in file:
            try:
                yield _decode(line)
            except ValueError:  # a line that a killed verification left torn
                continue


def read_file(path: Path) -> dict[tuple[str, str], Verdict]:
    """The verdicts of one file by id and digest."""
    return {(verdict.id, verdict.of): verdict for verdict in each(path)}


_decode: Final = msgspec.json.Decoder(Verdict).decode


class VerdictIndex:
    """Where each verdict beside the shards of a folder lies: some 150 bytes a parse; the verdicts stay on the disk."""

    def __init__(self, folder: Path) -> None:
        files = (folder / name(*bounds) for bounds, _ in store.find(folder))
        self._sources = Sources([path for path in files if path.exists()])
        self._places: dict[int, tuple[int, int]] = {}  # by the hash of id and digest
        for number, path in enumerate(self._sources.paths):
            for offset, line in store.places(path):
                with suppress(ValueError):  # a line that a killed verification left torn
                    verdict = _decode(line)
                    self._places[hash((verdict.id, verdict.of))] = number, offset

    def __len__(self) -> int:
        return len(self._places)

    def close(self) -> None:
        """Close the files."""
        self._sources.close()

    def get(self, key: tuple[str, str]) -> Verdict | None:
        """The last verdict on the parse with this id and digest, or None where it has none."""
        place = self._places.get(hash(key))
        if place is None:
            return None
        found = _decode(self._sources.line(*place))
        return found if (found.id, found.of) == key else None


def append(path: Path, verdicts: Sequence[Verdict]) -> None:
    """Add the verdicts to the file, by one write. Raises OSError, and ShardError for a link in its place."""
    content = b"".join(msgspec.json.encode(verdict) + b"\n" for verdict in verdicts)
    descriptor = store.open_own(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            content = b"\n" + content
        os.write(descriptor, content)
    finally:
        os.close(descriptor)
