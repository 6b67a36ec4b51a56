"""A small number for each of very many ids, in little memory.

In: ids, and marks 1…255. Out: the mark of an id; 0 is none. It knows neither what an id names nor what a mark means.

A plain number below ten million (`7`, not `007`) is an index into a map of bytes, resident only where it is used: a
byte an id. Of any other id a digest (126 bits: its bucket tells
14 of them) stands beside its mark: some twenty
bytes an id, where a set of str takes more than a hundred. Collisions are infeasible (126 bits).
"""

import mmap
from collections.abc import Iterable, Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Annotated, Final

import msgspec

DENSE_DIGITS: Final = 7
_BUCKETS: Final = 1 << 14  # a million ids are some sixty in each: found as fast as their digest is made
_WIDTH: Final = 15  # bytes: 14 of the digest, one mark


class IdMap:
    """id → mark."""

    def __init__(self) -> None:
        self._dense = mmap.mmap(-1, 10**DENSE_DIGITS, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._buckets: list[bytearray | None] = [None] * _BUCKETS

    def __getitem__(self, identifier: str) -> int:
        number = plain_number(identifier)
        if number is not None:
            return self._dense[number]
        bucket, digest = _place(identifier)
        held = self._buckets[bucket]
        at = -1 if held is None else _find(held, digest)
        return 0 if held is None or at < 0 else held[at + _WIDTH - 1]

    def count(self) -> int:
        """How many ids have a mark."""
        words = sum(len(held) for held in self._buckets if held is not None) // _WIDTH
        return words + len(self._dense) - self._dense[:].count(0)

    def lift(self, identifier: str, mark: int) -> None:
        """Give the id this mark unless it has a higher one."""
        if self[identifier] < mark:
            self.put(identifier, mark)

    def put(self, identifier: str, mark: int) -> None:
        """Give the id this mark, whatever it has."""
        number = plain_number(identifier)
        if number is not None:
            self._dense[number] = mark
            return
        bucket, digest = _place(identifier)
        held = self._buckets[bucket]
        if held is None:
            held = self._buckets[bucket] = bytearray()
        at = _find(held, digest)
        if at < 0:
            held += digest + bytes((mark,))
        else:
            held[at + _WIDTH - 1] = mark

    def lift_all(self, numbers: Iterable[int], words: Iterable[str], marks: Iterable[int]) -> None:
        """The same for many: plain numbers, or -1 for the next of the words."""
        dense, word = self._dense, iter(words)
        for number, mark in zip(numbers, marks, strict=True):
            if number < 0:
                self.lift(next(word), mark)
            elif dense[number] < mark:
                dense[number] = mark


def plain_number(identifier: str) -> int | None:
    """The id as a number when it is spelled as one plainly and is small enough."""
    if len(identifier) > DENSE_DIGITS or not identifier.isdigit() or not identifier.isascii():
        return None
    return int(identifier) if identifier[0] != "0" or identifier == "0" else None


def plain_numbers(identifiers: Sequence[str]) -> list[int]:
    """The same for many; -1 where it is none."""
    with suppress(ValueError):
        spelt = b"[%b]" % ",".join(identifiers).encode()
        found = _NUMBERS.decode(spelt)
        if len(found) == len(identifiers) and msgspec.json.encode(found) == spelt:
            return found  # all are: several times as fast as one by one
    numbers = map(plain_number, identifiers)
    return [-1 if number is None else number for number in numbers]


_NUMBERS: Final = msgspec.json.Decoder(list[Annotated[int, msgspec.Meta(ge=0, lt=10**DENSE_DIGITS)]])


def _place(identifier: str) -> tuple[int, bytes]:
    digest = blake2b(identifier.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest[:2]) % _BUCKETS, digest[2:]


def _find(held: bytearray, digest: bytes) -> int:
    """Where the digest stands, looking only where one can begin."""
    at = held.find(digest)
    while at % _WIDTH and at >= 0:
        at = held.find(digest, at + 1)
    return at
