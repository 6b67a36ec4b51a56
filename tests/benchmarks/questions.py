"""What problems ask for: how many questions are read as a quantity, why the others are not, and the time a text takes.

    python tests/benchmarks/questions.py INPUT [--show N] [--seed K] [--kind WORDS]
    python tests/benchmarks/questions.py INPUT --keys FILE > tests/benchmarks/measurable.jsonl

INPUT is a folder of <id>.json or a .jsonl file. `--show` prints N questions drawn by a seed, of one kind ("asked", or
a reason) where it is named, to be read by hand. FILE has `{"id", "choices", "label"}` a line, labels counted from 0;
with it the list of measurable problems is printed, which question and key alone decide: nothing is drawn for it.
"""

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from asyncgeo.problems.reader import Problems
from asyncgeo.rules import asking
from asyncgeo.schema import keys
from asyncgeo.schema.asked import AnswerKey, Asked, NotMeasured
from asyncgeo.schema.keys import Amount
from asyncgeo.schema.records import Problem

ASKED: Final = "asked"
SHOWN: Final = 80  # characters at the end of a text


def kind_of(found: Asked | NotMeasured) -> str:
    """The reason, or that a quantity is asked."""
    return found.reason if isinstance(found, NotMeasured) else ASKED


def table(problems: list[Problem]) -> Iterator[str]:
    """The counts, and the time."""
    begin = time.process_time()
    found = [asking.asked(each.text) for each in problems]
    spent = time.process_time() - begin
    for kind, count in Counter(map(kind_of, found)).most_common():
        yield f"{kind:20} {count:6,}  {count / len(problems):6.1%}"
    yield f"{len(problems):,} texts, {spent / len(problems) * 1000:.2f} ms each"


def drawn(problems: list[Problem], kind: str | None, number: int, seed: int) -> Iterator[str]:
    """Questions of a kind with what was read, drawn by the seed."""
    read = ((each, asking.asked(each.text)) for each in problems)
    of_kind = [(each, found) for each, found in read if kind in (None, kind_of(found))]
    for each, found in random.Random(seed).sample(of_kind, min(number, len(of_kind))):
        said = str(found) if isinstance(found, Asked) else f"{found.reason}: {found.detail}"
        yield f"{each.id:>6}  {said:32}  {' '.join(each.text.split())[-SHOWN:]}"


def measurable(problems: list[Problem], file: Path) -> Iterator[str]:
    """A line for each key: what is asked, or why it is not measured."""
    texts = {each.id: each.text for each in problems}
    for key in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
        found = asking.asked(texts[str(key["id"])])
        amount = keys.keyed(AnswerKey(tuple(key["choices"]), key["label"]))
        if isinstance(found, NotMeasured):
            said: dict[str, str] = {"not_measured": found.reason}
        elif not isinstance(amount, Amount) or keys.expected(amount, found) is None:
            said = {"not_measured": "no key"}
        else:
            said = {ASKED: str(found)}
        yield json.dumps({"id": key["id"], **said}, ensure_ascii=False)


def main() -> None:
    """Print what the flags ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", type=Path)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--kind")
    parser.add_argument("--keys", type=Path)
    flags = parser.parse_args()
    problems = [each for each in Problems(flags.input).read() if isinstance(each, Problem)]
    if flags.keys is not None:
        lines = measurable(problems, flags.keys)
    elif flags.show:
        lines = drawn(problems, flags.kind, flags.show, flags.seed)
    else:
        lines = table(problems)
    for line in lines:
        print(line)


if __name__ == "__main__":
    main()
