"""What a problem's row does not hold: the text of one that was not parsed, and the answers as they came.

In: the input, and the raw answers of a folder. Out: both by id, of the problems that the table shows and of no other.
"""

import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from asyncgeo.errors import InputError, printable
from asyncgeo.problems.reader import Problems
from asyncgeo.schema.records import Problem
from asyncgeo.store import raw_answers
from asyncgeo.store.raw_answers import Raw
from asyncgeo.views.report.rows import BestRows

_LEVEL: Final = 1  # of zlib's: the page compresses them better


def text_hash(text: str) -> int:
    """A number by which equal texts are known, never 0."""
    return hash(text) or 1


def missing_texts(
    rows: BestRows, hashes: Sequence[int], shown: Sequence[int], inputs: Sequence[str], notes: list[str]
) -> dict[str, str]:
    """The texts of shown rows that carry none, from the first input that is the one these rows were made of.

    `hashes` are those of the texts of parses, by slot; 0 for other rows.
    """
    wanted = {slot for slot in shown if not hashes[slot]}
    for given in inputs if wanted else ():
        try:
            texts = _texts(Path(given), rows, hashes, wanted)
        except InputError as error:
            notes.append(f"Texts of skipped and failed problems are missing: {printable(error.message)}")
            continue
        if texts is not None:
            return texts
        notes.append(f"{printable(given)} holds other texts than these rows were read from, and was left alone.")
    return {}


def _texts(source: Path, rows: BestRows, hashes: Sequence[int], wanted: set[int]) -> dict[str, str] | None:
    """The wanted texts of the input; None where most of its other texts are not those of the parses."""
    texts: dict[str, str] = {}
    both = equal = 0
    for each in Problems(source).read():
        slot = rows.slot(each.id) if isinstance(each, Problem) else None
        if slot is None or not isinstance(each, Problem):
            continue
        if slot in wanted:
            texts[each.id] = each.text
        elif hashes[slot]:
            both += 1
            equal += hashes[slot] == text_hash(each.text)
    return texts if 2 * equal >= both else None


class KeptAnswers:
    """The raw answers of some problems, compressed until they are asked for."""

    def __init__(self, folder: Path, ids: Iterable[str]) -> None:
        self.are_any = False
        """Whether the folder holds any answer, of whatever problem."""
        self._kept: dict[str, list[bytes]] = {identifier: [] for identifier in ids}
        for _, path in raw_answers.find(folder):
            for raw in raw_answers.each(path):
                self.are_any = True
                if raw.id in self._kept:
                    self._kept[raw.id].append(zlib.compress(raw_answers.encode((raw,)), _LEVEL))

    def of(self, identifier: str) -> tuple[Raw, ...]:
        """The answers to the problem, in the order in which they came."""
        return raw_answers.decode(b"".join(map(zlib.decompress, self._kept[identifier])))
