"""`asyncgeo verify`: which parses of a finished folder can be drawn and lead to the key, and what is wrong else."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from asyncgeo import config
from asyncgeo.cli.status import write_object
from asyncgeo.cli.streams import SafeConsole, progress_bar
from asyncgeo.errors import printable
from asyncgeo.run.overrides import Overrides
from asyncgeo.run.places import folder_of
from asyncgeo.schema.verdict import ANSWER_STATES, AnswerState, AnswerVerdict, Verdict, digest, in_words
from asyncgeo.store import parses
from asyncgeo.store.parses import Parse
from asyncgeo.verify.folder import Summary, verify as verify_folder
from asyncgeo.views.status import keys_of_folder

_SHOWN: Final = 10


def verify(
    flags: Overrides, file: Path | None, *, processes: int | None = None, show: int = _SHOWN, as_json: bool = False
) -> None:
    """Verify the folder of the settings and show what was found. Raises ConfigError or InputError."""
    folder = folder_of(config.load(file, flags=flags))
    _, given = flags["input.dir"]
    named = None if given is None else Path(str(given))
    with progress_bar("verifying") as progress:
        keys = partial(keys_of_folder, folder, named)
        summary = verify_folder(folder, keys=keys, processes=processes, progress=progress)
    if as_json:
        write_object(_plain(summary))
    else:
        show_summary(summary, folder, SafeConsole(highlight=False), show)


def _plain(summary: Summary) -> dict[str, Any]:
    """The same for scripts."""
    bad = summary.contradictory()
    return {
        "parses": len(summary.verdicts),
        "judged": summary.judged,
        "drawable": summary.drawable,
        "contradictory": len(bad),
        "rounded": sum(verdict.rounded for verdict in bad),
        "unjudged": len(summary.unjudged()),
        "states": Counter(verdict.state for verdict in summary.verdicts),
        "answers": summary.answers,
        "contradictory_ids": [verdict.id for verdict in bad],
        "unjudged_ids": [verdict.id for verdict in summary.unjudged()],
        "wrong_ids": [verdict.id for verdict in summary.wrong()],
    }


def show_summary(summary: Summary, folder: Path, console: Console, show: int = _SHOWN) -> None:
    """Shares, states, the first contradictions with their conditions, and what came of the answers."""
    total = len(summary.verdicts)
    share = f" ({summary.drawable / total:.1%})" if total else ""
    console.print(f"[bold]{summary.drawable:,} of {total:,} parses can be drawn{share}[/bold] · {summary.judged:,} new")
    states = Counter(verdict.state for verdict in summary.verdicts)
    console.print(" · ".join(f"{state} {count:,}" for state, count in states.most_common()))
    bad = summary.contradictory()
    if rounded := sum(verdict.rounded for verdict in bad):
        console.print(f"{rounded:,} of the contradictory hold to 1 %: their numbers seem rounded")
    for why, count in Counter(verdict.why for verdict in summary.unjudged()).most_common():
        ids = ", ".join(printable(verdict.id) for verdict in summary.unjudged() if verdict.why == why)
        console.print(f"{count:,} not judged: {why} ({ids:.200})", soft_wrap=True, markup=False)
    wrong = summary.wrong()
    known = parses.read(folder) if bad or wrong else {}
    for verdict in bad[:show]:
        _show(verdict, known.get(verdict.id), console)
    if len(bad) > show:
        console.print(escape(f"… and {len(bad) - show:,} more, in {folder}/verify_*.jsonl"))
    _show_answers(summary, console)
    for verdict in wrong[:show]:
        _show_wrong(verdict, known.get(verdict.id), console)
    if len(wrong) > show:
        console.print(escape(f"… and {len(wrong) - show:,} more, in {folder}/verify_*.jsonl"))


_ANSWER_WORDS: Final[dict[AnswerState, str]] = {
    "right": "the same in all figures, and the key",
    "wrong": "the same in all figures, and not the key: something in parse or key is wrong",
    "several": "a few values: which side, which arc, only the picture shows",
    "open": "another value in each figure: something that settles it is missing",
    "determined": "the same in all figures; there is no key",
    "not measured": "no quantity of the figure, or the parse lacks it",
}


def _show_answers(summary: Summary, console: Console) -> None:
    """One line a verdict on what is asked, and why the rest was not measured."""
    answers = [verdict.answer for verdict in summary.verdicts if verdict.answer is not None]
    if not answers:
        return
    table = Table(title="What is asked", title_justify="left", title_style="bold", box=None, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right")
    table.add_column(justify="right")
    table.add_column(style="dim")
    for state in ANSWER_STATES:
        if count := summary.answers[state]:
            table.add_row(state, f"{count:,}", f"{count / len(answers):.1%}", _note(state, answers))
    console.print()
    console.print(table)


def _note(state: AnswerState, answers: Sequence[AnswerVerdict]) -> str:
    words, those = _ANSWER_WORDS[state], [each for each in answers if each.state == state]
    if state == "several" and (among := sum(each.among for each in those)):
        return f"{words}; the key is one of them in {among:,}"
    return words


def _show_wrong(verdict: Verdict, parse: Parse | None, console: Console) -> None:
    found = verdict.answer
    if found is None:
        return
    told = escape(printable(in_words(found)))
    console.print(f"\n[yellow]{escape(verdict.id)}[/yellow] leads to another answer{told}", soft_wrap=True)
    if parse is not None:
        console.print(f"  {parse.original}", soft_wrap=True, markup=False)


def _show(verdict: Verdict, parse: Parse | None, console: Console) -> None:
    by_objects = ", with the objects to be drawn" if verdict.by_objects else ""
    console.print(f"\n[yellow]{escape(verdict.id)}[/yellow] cannot be drawn{by_objects}:", soft_wrap=True)
    if parse is None or digest(parse.conditions, parse.objects) != verdict.of:
        return
    console.print(f"  {parse.text}", soft_wrap=True, markup=False)
    for k in verdict.conflict:
        console.print(f"  {msgspec.json.encode(parse.conditions[k]).decode()}", soft_wrap=True, markup=False)
