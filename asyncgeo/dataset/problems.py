"""Rows of shards → problems of a dataset, a page at a time.

In: where the rows begin. Out: pages of problems in JSON. What a problem holds is copied from its row as it is spelt
there; in rows of the original script, conditions and objects that do not validate are straightened.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from asyncgeo.store import lines
from asyncgeo.store.processes import spread
from asyncgeo.store.sources import Sources

Straighten = Callable[[Sequence[bytes], bytes], tuple[bytes, bytes]]
"""Gets conditions and objects of a problem in JSON, and returns them; another process must be able to import it."""
_PAGE: Final = 1024  # problems, about 1 MB


class _Page(NamedTuple):
    sources: Sources
    places: list[tuple[int, int]]
    separator: bytes
    straighten: Straighten | None


def pages(
    sources: Sources, places: Iterator[tuple[int, int]], separator: bytes, straighten: Straighten | None
) -> Iterator[bytes]:
    """The problems of the rows at these shards and offsets, in order; within a page the separator is between them.

    With `straighten` on all cores where there are many; what is copied only is sooner copied than sent to a process.
    """
    size = 0 if straighten is None else sum(sources.sizes)
    batches = iter(lambda: list(islice(places, _PAGE)), [])
    return spread(_page, (_Page(sources, batch, separator, straighten) for batch in batches), size)


def _page(page: _Page) -> bytes:
    with page.sources as sources:
        return page.separator.join(_problems(sources.lines(page.places), page.straighten))


class _Problem(msgspec.Struct, gc=False):
    """What a problem of the dataset holds, each value as it is spelt in the line."""

    id: msgspec.Raw
    source: msgspec.Raw
    subject: msgspec.Raw
    original_text: msgspec.Raw
    cleaned_text: msgspec.Raw
    category: msgspec.Raw
    difficulty: msgspec.Raw
    required_objects: msgspec.Raw
    verification_conditions: msgspec.Raw


KEYS: Final = _Problem.__struct_fields__
_DECODER: Final = msgspec.json.Decoder(_Problem)
_ENCODER: Final = msgspec.json.Encoder()


class _OriginalProblem(msgspec.Struct, gc=False):
    """The same of a row of the original script, which may have a number for its id, and names no source."""

    id: str | int
    subject: msgspec.Raw
    original_text: msgspec.Raw
    cleaned_text: msgspec.Raw
    category: msgspec.Raw
    difficulty: msgspec.Raw
    required_objects: msgspec.Raw
    verification_conditions: list[msgspec.Raw]


_ORIGINAL_DECODER: Final = msgspec.json.Decoder(_OriginalProblem)


def _problems(found: Iterable[bytes], straighten: Straighten | None) -> Iterator[bytes]:
    decode, encode = _DECODER.decode, _ENCODER.encode
    for line in found:
        try:
            problem = decode(line)
        except msgspec.ValidationError:  # no source: the original script wrote it
            problem = _original(line, straighten)
        yield encode(problem)


def _original(line: bytes, straighten: Straighten | None) -> _Problem:
    whole = _ORIGINAL_DECODER.decode(line)
    spelt, objects = list(map(bytes, whole.verification_conditions)), bytes(whole.required_objects)
    held = b"[" + b",".join(spelt) + b"]"
    if straighten is not None and not all(map(lines.holds, spelt)):
        held, objects = straighten(spelt, objects)
    return _Problem(
        id=msgspec.Raw(_ENCODER.encode(str(whole.id))),
        source=msgspec.Raw(_ENCODER.encode(lines.source_of_original(msgspec.json.decode(whole.category)))),
        subject=whole.subject,
        original_text=whole.original_text,
        cleaned_text=whole.cleaned_text,
        category=whole.category,
        difficulty=whole.difficulty,
        required_objects=msgspec.Raw(objects),
        verification_conditions=msgspec.Raw(held),
    )
