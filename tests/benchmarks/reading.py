"""How well the rules read: their facts beside those that careful readers wrote down, and the time a text takes.

    python tests/benchmarks/reading.py FOLDER [--english FILE] [--show N] [--draw N]

FOLDER holds GeoQA3 problems (<id>.json), FILE a dataset of English ones. `readings.jsonl`, beside this file, has the
facts of some hundred of the former, chosen by chance, in the conventions that `asyncgeo/rules/grammar/__init__.py`
states. They were written by large language models that read each text and saw neither this code nor each other's work;
where two read the same hundred texts, F1 of one against the other was 0.998. A text is known by the first 16 digits of
its SHA-256: none is copied. Those `seen` were looked at while the grammar grew, and are in the present form; the others
were not, and are in an earlier one (a radius as a length, each side of congruent triangles).

`free_readings.jsonl` has what decides: 100 Chinese and 50 machine-translated English texts, drawn by `--draw` with seed
16 from those that no reading knew, and 50 clean English problems that the readers composed themselves. Two readers
wrote half of them each, knowing the table of conditions and its written forms, and nothing of the grammar; a line is
corrected only by a commit that cites the text. `--show N` prints the first N seen texts that are read otherwise.
"""

import argparse
import hashlib
import json
import random
import statistics
import time
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from asyncgeo import rules
from asyncgeo.problems import reader
from asyncgeo.schema import sameness
from asyncgeo.schema.canonical import canonical
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import Problem

READINGS: Final = Path(__file__).with_name("readings.jsonl")
FREE_READINGS: Final = Path(__file__).with_name("free_readings.jsonl")
SEED: Final = 16


@dataclass(frozen=True, slots=True)
class Compared:
    """One text, what careful readers found in it, and what the rules did."""

    text: str
    set: str
    wanted: frozenset[Hashable] | None
    """None where the text is refused."""
    found: frozenset[Hashable] | None

    @property
    def shared(self) -> int:
        """Facts that both found."""
        return len((self.wanted or frozenset()) & (self.found or frozenset()))


def compare(known: Iterable[str]) -> list[Compared]:
    """Every one of the texts that has a reading, and the problems that readers composed."""
    by_digest = {digest(text): text for text in known}
    return [
        _compared(text, row) for row in readings() if (text := row.get("subject") or by_digest.get(row.get("text", "")))
    ]


def readings() -> Iterator[dict[str, Any]]:
    """What readers wrote, each with the name of its set."""
    for row in map(json.loads, READINGS.read_text(encoding="utf-8").splitlines()):
        yield row | {"set": "seen" if row["seen"] else "unseen"}
    yield from map(json.loads, FREE_READINGS.read_text(encoding="utf-8").splitlines())


def _compared(text: str, row: dict[str, Any]) -> Compared:
    extraction = rules.parse(text)
    found = None if extraction.reason else _facts(extraction.verification_conditions)
    return Compared(text, row["set"], _facts(row["facts"]) if "facts" in row else None, found)


def texts(folder: Path) -> list[str]:
    """The text of every problem of the folder."""
    return [each.text for each in reader.Problems(folder).read() if isinstance(each, Problem)]


def english(dataset: Path | None) -> list[str]:
    """The text of every problem of the dataset."""
    return [] if dataset is None else [each["original_text"] for each in json.loads(dataset.read_bytes())["problems"]]


def digest(text: str) -> str:
    """By what a text is known."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def draw(known: Iterable[str], count: int) -> list[str]:
    """As many texts, by chance, as no reading knew before the free ones."""
    read = {json.loads(line)["text"] for line in READINGS.read_text(encoding="utf-8").splitlines()}
    return random.Random(SEED).sample(sorted({text for text in known if digest(text) not in read}, key=digest), count)


def _facts(conditions: Iterable[Condition]) -> frozenset[Hashable]:
    told = (each for each in canonical(conditions) if each["type"] != "triangle_valid")  # which says nothing
    return frozenset(map(fact, told))


_PLACES: Final = {
    "point_on_segment": "segment",
    "point_on_segment_extension": "segment",
    "point_on_line_extension": "line_segment",
    "point_on_line": "line",
}
"""Whether a crossing is between the ends is often a matter of the picture: that the point is on the line counts."""
_ROUNDED: Final = ("value", "plus", "times", "angle")


def fact(condition: Condition) -> Hashable:
    """What a condition says, however it is written; numbers to three digits."""
    if (field := _PLACES.get(condition["type"])) is not None:
        return "on", condition["point"], frozenset(condition[field])
    if condition["type"] == "geometric_transformation":
        return _moved(condition)
    numbers: dict[str, Any] = {name: round(condition[name], 3) for name in _ROUNDED if name in condition}
    if "ratio" in condition:
        one, other = condition["ratio"]
        numbers["ratio"] = [round(one / (one + other), 3), round(other / (one + other), 3)]
    return sameness.key(condition | numbers)


def _moved(condition: Condition) -> Hashable:
    """Each point with its image; that a point of the axis or the centre stays where it is says nothing."""
    pairs = zip(condition["preimage_triangle"], condition["image_triangle"], strict=True)
    moved = [(one, other) for one, other in pairs if one != other]
    if condition["transformation"] == "reflection":
        return "reflection", frozenset(map(frozenset, moved))
    return condition["transformation"], frozenset(moved)


def summary(compared: list[Compared]) -> dict[str, float]:
    """Precision, recall and F1 over all facts; the share of texts read without a difference, and of equal verdicts."""
    shared = sum(one.shared for one in compared)
    wanted, found = (sum(len(getattr(one, side) or ()) for one in compared) for side in ("wanted", "found"))
    return {
        "texts": len(compared),
        "precision": shared / found,
        "recall": shared / wanted,
        "F1": 2 * shared / (wanted + found),
        "all right": sum(one.wanted == one.found for one in compared) / len(compared),
        "same verdict": sum((one.wanted is None) == (one.found is None) for one in compared) / len(compared),
        **_of_both(compared),
    }


def _of_both(compared: list[Compared]) -> dict[str, float]:
    """Precision and recall where neither side refused the text: what is read, apart from whether it should be."""
    both = [one for one in compared if one.wanted is not None and one.found is not None]
    shared = sum(one.shared for one in both)
    wanted, found = (sum(len(getattr(one, side) or ()) for one in both) for side in ("wanted", "found"))
    return {"read by both": len(both), "their precision": shared / found, "their recall": shared / wanted}


def _differences(compared: list[Compared]) -> Iterator[str]:
    for one in compared:
        if one.set == "seen" and one.wanted != one.found:
            wanted, found = one.wanted or frozenset(), one.found or frozenset()
            yield "\n".join([one.text, f"  missed {set(wanted - found)}", f"  added  {set(found - wanted)}"])


def _times(given: Iterable[str]) -> list[float]:
    """Milliseconds of CPU each text takes."""
    took = []
    for text in given:
        started = time.process_time()
        rules.parse(text)
        took.append(1000 * (time.process_time() - started))
    return sorted(took)


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--english", type=Path, metavar="FILE")
    arguments.add_argument("--show", type=int, default=0, metavar="N")
    arguments.add_argument("--untimed", action="store_true", help="only what is compared: no text is read for its time")
    arguments.add_argument("--draw", type=int, default=0, metavar="N")
    chosen = arguments.parse_args()
    given = texts(chosen.folder)
    if chosen.draw:
        print(*(f"{digest(text)} {text}" for text in draw(english(chosen.english) or given, chosen.draw)), sep="\n")
        return
    compared = compare([*given, *english(chosen.english)])
    for name in dict.fromkeys(one.set for one in compared):
        told = summary([one for one in compared if one.set == name])
        print(name, *(f"{what} {value:.3f}" if value <= 1 else f"{what} {value}" for what, value in told.items()))
    if not chosen.untimed:
        took = _times(given)
        print(f"a text takes {statistics.median(took):.2f} ms, 99 of 100 at most {took[int(0.99 * len(took))]:.2f} ms")
    for _, difference in zip(range(chosen.show), _differences(compared), strict=False):
        print(difference)


if __name__ == "__main__":
    main()
