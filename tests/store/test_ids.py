import sys

import pytest
from support.cases import for_each

from asyncgeo.store import ids as marks
from asyncgeo.store.ids import IdMap, plain_number


def test_ids_of_one_bucket_are_told_apart() -> None:
    """A bucket of hundreds; a digest is looked for only where one can begin."""
    found = IdMap()
    many = [f"id-{number}" for number in range(marks._BUCKETS * 3)]
    for number, identifier in enumerate(many):
        found.lift(identifier, 1 + number % 250)
    assert [found[each] for each in many] == [1 + number % 250 for number in range(len(many))]
    assert not any(found[f"no-{number}"] for number in range(len(many)))
    held = bytearray(b"a" * 14 + b"\1" + b"a" * 13 + b"b\2")
    assert marks._find(held, b"\1" + b"a" * 13) == -1
    assert marks._find(held, b"a" * 13 + b"b") == 15


@pytest.mark.slow
def test_ids_that_are_no_numbers_take_some_twenty_bytes() -> None:
    """A set of the same ids takes several times that."""
    found, count = IdMap(), 200_000
    for number in range(count):
        found.lift(f"problem-{number}", 1)
    held = sum(sys.getsizeof(bucket) for bucket in found._buckets if bucket is not None)
    assert held / count < 25


@for_each(
    ("identifier", "number"),
    [
        ("0", 0),
        ("7", 7),
        ("9999999", 9999999),
        ("10000000", None),
        ("007", None),
        ("", None),
        ("٣", None),
        ("1e3", None),
    ],
)
def test_a_plain_number_is_spelled_plainly(identifier: str, number: int | None) -> None:
    """And small enough for a map."""
    assert plain_number(identifier) == number
