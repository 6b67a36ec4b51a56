"""Do parses lead to the answer keys? The asked quantity in several figures of each parse, held against its key.

    python tests/benchmarks/answers.py FOLDER --keys FILE [--parses FILE] [--show STATE] [--audit]

FOLDER holds GeoQA3 problems (<id>.json), the keys FILE `{"id", "choices", "label"}` a line, label counted from 0. The
parses are those of the rules, or those of a dataset, a shard or a folder that is named. `measurable.jsonl`, beside this
file, says of which problems the question can be measured; it was written from questions and keys alone, before any
figure was drawn. The table counts those, and all with a key. `--show wrong` (or open, several, right …) prints those
problems; `--audit` prints all parses that contradict themselves, miss the key or leave the answer open, each with its
smallest reason, as a table in Markdown; parses without a key are looked at, too. Where the rules read what the parse
does not hold, that is named: a text that says more settles more.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from asyncgeo import rules
from asyncgeo.figure.compare import holding
from asyncgeo.figure.draw import draw
from asyncgeo.figure.effort import TooMuch
from asyncgeo.problems.reader import Problems
from asyncgeo.schema.asked import AnswerKey
from asyncgeo.schema.records import Problem, numeric_key
from asyncgeo.schema.verdict import ANSWER_STATES, Verdict
from asyncgeo.schema.words import readable
from asyncgeo.store import parses
from asyncgeo.store.parses import Parse
from asyncgeo.verify.judge import judge

MEASURABLE: Final = Path(__file__).with_name("measurable.jsonl")
NO_PARSE: Final = "no parse"


@dataclass(frozen=True, slots=True)
class Judged:
    """One problem with what was found; without a verdict where there is no parse."""

    id: str
    text: str
    parse: Parse | None
    verdict: Verdict | None

    @property
    def state(self) -> str:
        """The verdict on the answer in a word."""
        if self.verdict is None:
            return NO_PARSE
        return (
            "contradictory"
            if self.verdict.drawable is False
            else self.verdict.answer.state
            if self.verdict.answer
            else ""
        )


def judge_all(
    texts: Mapping[str, str], keys: Mapping[str, AnswerKey], known: Mapping[str, Parse] | None
) -> list[Judged]:
    """Every problem with a key, or every parse that is known."""
    wanted = sorted(keys if known is None else known, key=numeric_key)
    return [_judged(each, texts.get(each, ""), keys.get(each, AnswerKey()), known) for each in wanted]


def _judged(identifier: str, text: str, key: AnswerKey, known: Mapping[str, Parse] | None) -> Judged:
    parse = _by_rules(identifier, text) if known is None else known[identifier]
    if parse is None:
        return Judged(identifier, text, None, None)
    keyed = msgspec.structs.replace(parse, key=key, original=parse.original or text)
    return Judged(identifier, keyed.original, keyed, judge(keyed))


def _by_rules(identifier: str, text: str) -> Parse | None:
    read = rules.parse(text)
    if read.reason is not None:
        return None
    return Parse(identifier, read.cleaned_text, read.verification_conditions, read.required_objects, text)


def measurable() -> frozenset[str]:
    """Ids of the problems of which the question can be measured."""
    lines = map(json.loads, MEASURABLE.read_text(encoding="utf-8").splitlines())
    return frozenset(str(line["id"]) for line in lines if "asked" in line)


def keys_in(path: Path) -> dict[str, AnswerKey]:
    """The keys by id."""
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {str(line["id"]): AnswerKey(tuple(line["choices"]), line["label"]) for line in lines}


def table(found: Sequence[Judged], chosen: frozenset[str]) -> Iterator[str]:
    """Counts and shares, of the measurable and of all."""
    groups = [("measurable", [each for each in found if each.id in chosen]), ("all", list(found))]
    counts = [(name, len(group), Counter(each.state for each in group)) for name, group in groups]
    yield f"{'':14}" + "".join(f"{f'{name} {total:,}':>20}" for name, total, _ in counts)
    for state in (*ANSWER_STATES, "contradictory", NO_PARSE):
        if any(count[state] for _, _, count in counts):
            cells = (f"{count[state]:>12,}{count[state] / max(1, total):>8.1%}" for _, total, count in counts)
            yield f"{state:14}" + "".join(cells)


def lines_of(found: Iterable[Judged], state: str) -> Iterator[str]:
    """Problems in this state, with what was measured."""
    for each in found:
        answer = None if each.verdict is None else each.verdict.answer
        if each.state == state:
            yield f"\n{each.id} {each.text}"
            for condition in each.parse.conditions if each.parse else ():
                yield f"    {readable(condition)}"
            if answer is not None:
                among = " (among them)" if answer.among else ""
                yield f"  {answer.asked} = {_values(answer.values)}, key {answer.key}{among}; {answer.why}"


def audit(found: Iterable[Judged]) -> Iterator[str]:
    """What is to be looked at, as a table."""
    yield "| id | problem | finding | smallest reason |"
    yield "|---|---|---|---|"
    for each in found:
        verdict = each.verdict
        if verdict is None or each.parse is None or verdict.answer is None:
            continue
        if each.state in ("contradictory", "wrong", "open"):
            yield f"| {each.id} | {_cell(each.text)} | {each.state} | {_cell(_reason(each.parse, verdict))} |"


def _reason(parse: Parse, verdict: Verdict) -> str:
    answer = verdict.answer
    assert answer is not None
    if verdict.drawable is False:
        listed = "; ".join(readable(parse.conditions[k]) for k in verdict.conflict)
        also = " with the required objects" if verdict.by_objects else ""
        rounded = " (holds to 1 %: rounded numbers)" if verdict.rounded else ""
        return f"no figure satisfies together: {listed}{also}{rounded}"
    unsaid = _unsaid(parse)
    also = f"; the text says besides: {'; '.join(unsaid)}" if unsaid else ""
    if answer.state == "wrong":
        return f"{answer.asked} = {_values(answer.values)} in every figure, the key is {answer.key}{also}"
    return f"{answer.asked} is {_values(answer.values)} … in figures of the parse{_key(answer.key)}; {answer.why}{also}"


def _unsaid(parse: Parse) -> list[str]:
    """What the rules read in the text and a figure of the parse does not have."""
    read = _by_rules(parse.id, parse.original)
    if read is None:
        return []
    figure = draw(parse.conditions, parse.objects, text=parse.original)
    try:
        held = holding(read.conditions, read.objects, figure)
    except TooMuch:
        return []
    return [readable(condition) for condition, holds in zip(read.conditions, held, strict=True) if not holds]


def _key(key: str) -> str:
    return f", the key is {key}" if key else ""


def _values(values: Iterable[float]) -> str:
    return ", ".join(f"{value:.5g}" for value in values)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--parses", type=Path)
    parser.add_argument("--show")
    parser.add_argument("--audit", action="store_true")
    options = parser.parse_args()
    keys = keys_in(options.keys)
    known = None if options.parses is None else parses.read(options.parses)
    texts = {each.id: each.text for each in Problems(options.folder).read() if isinstance(each, Problem)}
    found = judge_all(texts, keys, known)
    if options.audit:
        print(*audit(found), sep="\n")
        return
    print(*table([each for each in found if each.id in keys], measurable()), sep="\n")
    if options.show:
        print(*lines_of((each for each in found if each.id in keys), options.show), sep="\n")


if __name__ == "__main__":
    main()
