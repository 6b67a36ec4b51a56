"""Rows of shards → problems of a dataset, a page at a time.

In: where the rows begin. Out: pages of problems in JSON. What a problem holds is copied from its row as it is spelt
there; conditions and objects of rows that are not in the present form, older ones and those of the original script,
are rewritten in it. What verdicts say of a problem stands at its end.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

import msgspec
from msgspec import UNSET, Raw, UnsetType

from asyncgeo.dataset.quality import spelt
from asyncgeo.schema.canonical import FORM
from asyncgeo.store import lines
from asyncgeo.store.processes import spread
from asyncgeo.store.sources import Sources

Rewrite = Callable[[Sequence[bytes], bytes], tuple[bytes, bytes]]
"""Gets conditions and objects of a problem in JSON, and returns them; another process must be able to import it."""
_PAGE: Final = 1024  # problems, about 1 MB


class _Page(NamedTuple):
    sources: Sources
    places: list[tuple[int, int]]
    separator: bytes
    rewrite: Rewrite | None
    qualities: bytes


def pages(
    sources: Sources,
    places: Iterator[tuple[int, int]],
    separator: bytes,
    rewrite: Rewrite | None,
    qualities: Iterator[int],
) -> Iterator[bytes]:
    """The problems of the rows at these shards and offsets, in order; within a page the separator is between them.

    `qualities` are the numbers of what is known of each, 0 for nothing.
    With `rewrite` on all cores where there are many; what is copied only is sooner copied than sent to a process.
    """
    size = 0 if rewrite is None else sum(sources.sizes)
    batches = iter(lambda: list(islice(places, _PAGE)), [])
    work = (_Page(sources, batch, separator, rewrite, bytes(islice(qualities, len(batch)))) for batch in batches)
    return spread(_page, work, size)


def _page(page: _Page) -> bytes:
    with page.sources as sources:
        return page.separator.join(_problems(sources.lines(page.places), page.rewrite, page.qualities))


class _Form(msgspec.Struct, gc=False):
    form: int = 0


class _Problem(msgspec.Struct, gc=False, kw_only=True):
    """What a problem of the dataset holds, each value as it is spelt in the line; `meta` is read and not written."""

    id: Raw
    source: Raw | UnsetType = UNSET  # rows of the original script name none
    subject: Raw
    original_text: Raw
    cleaned_text: Raw
    category: Raw
    difficulty: Raw
    required_objects: Raw
    verification_conditions: list[Raw] | Raw  # each, and all once they are rewritten
    unexpressed: Raw | UnsetType = UNSET
    choices: Raw | UnsetType = UNSET
    label: Raw | UnsetType = UNSET
    answer: Raw | UnsetType = UNSET
    quality: Raw | UnsetType = UNSET
    meta: _Form | UnsetType | None = UNSET


KEYS: Final = _Problem.__struct_fields__[:-1]
"""The members of a problem; those after the conditions are left out where there is nothing."""
_DECODER: Final = msgspec.json.Decoder(_Problem)
_ENCODER: Final = msgspec.json.Encoder()


_QUALITIES: Final[tuple[Raw | UnsetType, ...]] = (UNSET, *map(Raw, list(spelt())[1:]))
"""As they stand in a problem, by number."""
_ENDS: Final = (b"}", *(b',"quality":%b}' % each for each in list(spelt())[1:]))
"""How a problem ends that has one."""
_HEAD: Final = b'{"status":"parsed",'
_META: Final = b',"meta":{"at":"'
_TAIL: Final = b',"form":%d}}\n' % FORM
_CONDITIONS_END: Final = b"}]"
_KEY_FOLLOWS: Final = b'}],"choices":['
"""Bytes that no text in JSON can hold: its quotes have backslashes."""


def _problems(found: Iterable[bytes], rewrite: Rewrite | None, qualities: bytes) -> Iterator[bytes]:
    for line, quality in zip(found, qualities, strict=True):
        end = line.rfind(_META)
        if _is_usual(line, end):
            yield b"{%b%b" % (line[len(_HEAD) : end], _ENDS[quality])
        else:
            yield _decoded(line, rewrite, quality)


def _is_usual(line: bytes, end: int) -> bool:
    """Whether the row, whose `meta` follows there, is spelt as rows are written, and holds only what a problem does."""
    return (
        end > 0
        and line.startswith(_HEAD)
        and line.endswith(_TAIL)
        and (line.endswith(_CONDITIONS_END, 0, end) or line.rfind(_KEY_FOLLOWS, 0, end) > 0)
    )


def _decoded(line: bytes, rewrite: Rewrite | None, quality: int) -> bytes:
    problem = _DECODER.decode(line)
    meta, problem.meta = problem.meta, UNSET
    if problem.source is UNSET:
        _complete(problem)
    if rewrite is not None and (not isinstance(meta, _Form) or meta.form != FORM):
        _rewrite(problem, rewrite)
    if problem.unexpressed is not UNSET and bytes(problem.unexpressed) == b"[]":
        problem.unexpressed = UNSET
    problem.quality = _QUALITIES[quality]
    return _ENCODER.encode(problem)


def _rewrite(problem: _Problem, rewrite: Rewrite) -> None:
    given = problem.verification_conditions
    held, objects = rewrite(list(map(bytes, given)) if isinstance(given, list) else [], bytes(problem.required_objects))
    problem.verification_conditions, problem.required_objects = Raw(held), Raw(objects)


def _complete(problem: _Problem) -> None:
    """A row of the original script, which may have a number for its id."""
    identifier = msgspec.json.decode(problem.id, type=str | int)
    problem.id = Raw(_ENCODER.encode(str(identifier)))
    problem.source = Raw(_ENCODER.encode(lines.source_of_original(msgspec.json.decode(problem.category))))
    problem.unexpressed = problem.choices = problem.label = problem.answer = UNSET
