"""Facts of an earlier form, or of the original script → the present form; JSON in, JSON out.

In: the conditions and objects of a row as they are spelt. Out: the same facts as rows of today hold them, what means
nothing left out. Nothing is judged: what holds in no figure stays, since it was paid for and nobody can be asked again.

Rows repeat conditions (a point on a circle, a segment of 8): those that were met before are remembered.
"""

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from sys import intern
from typing import Any, Final, NamedTuple

import msgspec

from asyncgeo.schema import conditions, usual
from asyncgeo.schema.canonical import canonical, is_of_any_circle
from asyncgeo.schema.checks import straighten_objects
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.sameness import key
from asyncgeo.schema.sanitize import DEPTH, TooDeep, sanitize
from asyncgeo.schema.synonyms import straighten

_KNOWN: Final = 1 << 16  # distinct conditions, some 60 MB
_OBJECTS_KNOWN: Final = 1 << 13
_ENCODER: Final = msgspec.json.Encoder()


class _Alone(NamedTuple):
    """A condition by itself, in JSON with commas between: as it was given, and in the present form.

    It stays so beside others that claim none of what it claims, and no fact that it minds. Both are hashes: where two
    are equal by chance, all is looked at together as it would be anyhow.
    """

    straight: bytes
    facts: bytes
    points: tuple[str, ...]
    claims: tuple[int, ...]  # each once
    minds: tuple[int, ...]


class _Named(NamedTuple):
    """The points that objects name, and both in JSON: with what follows the points, and that alone."""

    points: frozenset[str]
    whole: bytes
    rest: bytes


def rewrite(spelt: Iterable[bytes], objects: bytes) -> tuple[bytes, bytes]:
    """The conditions in the present form, and the objects with every point that a condition named."""
    found = [each for each in map(_alone, dict.fromkeys(spelt)) if each.straight]
    if not found:
        return b"[]", _read_objects(objects).whole
    _, facts, points, claims, minds = zip(*found, strict=True)
    named = list(chain.from_iterable(points))
    claimed = set(chain.from_iterable(claims))
    are_apart = len(claimed) == sum(map(len, claims)) and claimed.isdisjoint(chain.from_iterable(minds))
    written = b"[%b]" % b",".join(filter(None, facts)) if are_apart else _joined(found)
    return written, _with_points(_read_objects(objects), named)


def _with_points(objects: _Named, named: Sequence[str]) -> bytes:
    if objects.points.issuperset(named):
        return objects.whole
    known: list[str] = msgspec.json.decode(objects.whole)["points"]
    return b'{"points":%b,%b' % (_ENCODER.encode(list(dict.fromkeys(chain(known, named)))), objects.rest)


def _joined(found: Iterable[_Alone]) -> bytes:
    given: list[Condition] = msgspec.json.decode(b"[%s]" % b",".join(each.straight for each in found))
    return _ENCODER.encode(canonical(given))


@lru_cache(_KNOWN)
def _alone(spelt: bytes) -> _Alone:
    """The condition that is spelt so, empty where it means nothing."""
    straight = straighten(_sanitized(spelt))
    points = tuple(map(intern, dict.fromkeys(chain.from_iterable(map(conditions.points_of, straight)))))
    facts = canonical(straight)
    claims = {hash(each) for each in chain(map(key, facts), *map(_shared, facts))}
    minds = {hash(each) for each in chain.from_iterable(map(_minded, facts))}
    given = _spelt(straight)
    now = given if facts == straight else _spelt(facts)
    return _Alone(given, now, points, tuple(claims), tuple(minds))


def _spelt(facts: Iterable[Condition]) -> bytes:
    return b",".join(map(_ENCODER.encode, facts))


@lru_cache(_OBJECTS_KNOWN)
def _read_objects(spelt: bytes) -> _Named:
    known: Any = usual.plain_objects(spelt)
    if known is None:
        raw = _sanitized(spelt)
        known = straighten_objects(raw if isinstance(raw, dict) else {}, (), [])
    points = list(dict.fromkeys(known.points))
    known.points.clear()
    rest = _ENCODER.encode(known).removeprefix(b'{"points":[],')
    return _Named(frozenset(map(intern, points)), b'{"points":%b,%b' % (_ENCODER.encode(points), rest), rest)


def _minded(fact: Condition) -> Iterator[Hashable]:
    """The keys of facts beside which this one is written otherwise, or which are not written beside it."""
    kind = conditions.TABLE[fact[conditions.TYPE]]
    if is_of_any_circle(fact):  # the others say of which: all are looked at together
        yield key(fact)
    for weaker in (kind.implies or {}).values():
        yield from map(key, weaker(fact))
    for other, _ in kind.beside(fact) if kind.beside else ():
        yield key(other)


def _shared(fact: Condition) -> Iterator[Hashable]:
    """What makes it one with another fact."""
    kind = conditions.TABLE[fact[conditions.TYPE]]
    return ((kind.name, each) for each in kind.joins.shared(fact)) if kind.joins else iter(())


def _sanitized(spelt: bytes) -> Any:
    """The value that is spelt; None where it is nested too deeply."""
    value = msgspec.json.decode(spelt)
    if _is_clean(spelt):
        return value
    try:
        return sanitize(value, [])
    except TooDeep:
        return None


def _is_clean(spelt: bytes) -> bool:
    """Whether there is surely nothing to sanitize: a look at all of it costs less than one at each value."""
    if spelt.count(b"[") + spelt.count(b"{") > DEPTH or _ODD.search(spelt):
        return False
    return spelt.decode().isprintable()


_ODD: Final = re.compile(rb"\\|\.0|\d[eE]|\d{9}")
"""What is spelt with a backslash, and numbers that may be whole, or too large or too small to be meant."""
