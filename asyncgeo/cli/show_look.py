"""One problem as `asyncgeo show` shows it.

In: what was found of it. Out: text on a console. It reads no file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from asyncgeo import rules
from asyncgeo.config import Settings
from asyncgeo.errors import printable
from asyncgeo.llm import prices
from asyncgeo.rules import Explanation
from asyncgeo.schema.records import Problem, Tokens
from asyncgeo.schema.verdict import AnswerVerdict, Verdict, in_words
from asyncgeo.schema.words import billed, readable
from asyncgeo.store.raw_answers import Raw
from asyncgeo.views.status import FoundProblem

_STYLES: Final = {"parsed": "green", "skipped": "yellow", "error": "red"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A problem as the input has it, its rows in the order of writing, the one that counts, the verdict on that.

    `answers` are the model's own words, where they were kept.
    """

    id: str
    folder: Path
    problem: Problem | None
    rows: Sequence[FoundProblem]
    best: FoundProblem | None
    verdict: Verdict | None
    answers: Sequence[Raw] = ()

    @property
    def text(self) -> str:
        """The text: the input's, or else the one a row keeps."""
        if self.problem is not None:
            return self.problem.text
        return next((text for each in self.rows if (text := each.whole.get("original_text"))), "")


def draw(shown: Shown, settings: Settings, console: Console) -> None:
    """1. the text, 2. the row that counts, 3. the rows it has beaten, 4. the answers kept."""
    console.print(Text(printable(shown.id), style="bold"), end="")
    console.print(Text(f"  {printable(_place(shown))}", style="dim"), soft_wrap=True)
    if shown.text:
        _draw_text(shown.text, console)
    else:
        console.print(Text("Its text is not known: the input has none, or is not here (--input-dir).", style="yellow"))
    console.print()
    if shown.best is None:
        console.print(Text("pending: no row yet", style="yellow"))
        return
    _draw_row(shown.best, shown.verdict, settings, console)
    others = [each for each in shown.rows if each is not shown.best]
    if others:
        console.print()
        console.print(Text("other rows, in the order of writing", style="dim"))
    for each in others:
        console.print(_heading(each), soft_wrap=True)
        for line in _circumstances(each.whole, settings):
            console.print(Text(f"  {line}", style="dim"), soft_wrap=True)
    for raw in shown.answers:
        console.print()
        console.print(Text(printable(f"answer of {raw.model}  {raw.at} · {raw.finish_reason}"), style="dim"))
        console.print(Text(printable(raw.content)), soft_wrap=True)


def _place(shown: Shown) -> str:
    return shown.problem.path if shown.problem is not None else str(shown.folder)


def _draw_text(text: str, console: Console) -> None:
    """The text, what the rules read in it green, what they did not understand red, the question dim."""
    found = rules.explain(text)
    console.print(marked(text, found))
    facts = f"{len(found.facts)} fact{'s' * (len(found.facts) != 1)}"
    legend = Text.assemble(("the rules read ", "dim"), (facts, "green"))
    legend.append(f" and understood {found.coverage:.0%} of what is given", style="dim")
    if found.unread:
        words = " ".join(printable(span.text) for span in found.unread)
        legend.append_text(Text.assemble(("; not read: ", "dim"), (words, "red")))
    console.print(legend)


def _draw_row(found: FoundProblem, verdict: Verdict | None, settings: Settings, console: Console) -> None:
    row = found.whole
    console.print(_heading(found), soft_wrap=True)
    for line in _circumstances(row, settings):
        console.print(Text(f"  {line}", style="dim"), soft_wrap=True)
    if row["status"] == "parsed":
        console.print()
        _draw_parse(row, verdict, console)
    for words in row.get("unexpressed") or ():
        console.print(Text(f"  no condition can say: {printable(str(words))}", style="yellow"), soft_wrap=True)
    for finding in (row.get("meta") or {}).get("findings", ()):
        console.print(Text(f"  finding: {printable(finding)}", style="yellow"), soft_wrap=True)
    for reason in (row.get("meta") or {}).get("disputed", ()):
        console.print(Text(f"  in dispute: {printable(reason)}", style="red"), soft_wrap=True)
    if verdict is not None:
        console.print(_drawable(verdict))
        if verdict.answer is not None:
            console.print(_answer(verdict.answer), soft_wrap=True)


def _heading(found: FoundProblem) -> Text:
    row = found.whole
    status = str(row["status"])
    words = [str(row[name]) for name in ("kind", "reason") if row.get(name)]
    by = f" by {row['source']}" if row.get("source") else ""
    text = Text.assemble((status, _STYLES[status]), printable(f"{by}  {' '.join(words)}".rstrip()))
    text.append(f"  {printable(found.path.name)}:{found.number}", style="dim")
    for name in ("error", "detail"):
        if row.get(name):
            text.append(f"\n  {printable(str(row[name]))}", style="yellow")
    return text


def _circumstances(row: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    """When, by which model and prompt, in how many attempts, and what it cost; a line each."""
    meta = row.get("meta") or {}
    made = [meta.get("at", ""), meta.get("model", ""), f"prompt {meta['prompt']}" if meta.get("prompt") else ""]
    if any(made):
        yield printable(" · ".join(filter(None, made)))
    attempts = row.get("attempts") or meta.get("attempts", 0)
    took = [f"{attempts} attempt{'s' * (attempts != 1)}"] if attempts else []
    if meta.get("latency"):
        took.append(f"{meta['latency']:.2f} s")
    took.extend(_bill(meta, settings))
    if took:
        yield " · ".join(took)


def _bill(meta: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    tokens = msgspec.convert(meta.get("tokens") or {}, Tokens)
    if tokens == Tokens():
        return
    yield billed(tokens, f"{tokens.cached:,}", " tokens")
    quote = prices.quote(settings, meta.get("model", ""), meta.get("service", "standard"))
    if quote is not None:
        yield f"${prices.cost(quote.price, tokens):.6f}"


def _draw_parse(row: Mapping[str, Any], verdict: Verdict | None, console: Console) -> None:
    console.print(Padding(Text(printable(str(row["cleaned_text"]))), (0, 0, 0, 2)))
    console.print(Text(f"  {printable(str(row['category']))} · difficulty {row['difficulty']}", style="dim"))
    for line in _objects(row.get("required_objects") or {}):
        console.print(Text(f"  {printable(line)}"))
    conflict = verdict.conflict if verdict is not None else ()
    for number, condition in enumerate(row["verification_conditions"]):
        style = "red" if number in conflict else "green"
        words = (readable(condition) if isinstance(condition, dict) else "") or worded(condition)
        console.print(Text(f"  {printable(words)}", style=style), soft_wrap=True)


def worded(condition: object) -> str:
    """A condition of any origin in one line: its type, and its fields with points written together."""
    if not isinstance(condition, dict):
        return str(condition)
    fields = " · ".join(f"{name} {_joined(value)}" for name, value in condition.items() if name != "type")
    return f"{condition.get('type', '?')}  {fields}"


def _joined(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(_joined(each) for each in value.values())
    if not isinstance(value, list):
        return str(value)
    is_points = value and all(isinstance(each, str) for each in value)
    return ("" if is_points else " ").join(map(_joined, value))


def _objects(objects: Mapping[str, Any]) -> Iterator[str]:
    for name in ("points", "segments", "lines", "polygons"):
        if given := objects.get(name):
            yield f"{name:<9}" + " ".join(each if isinstance(each, str) else "".join(each) for each in given)
    if circles := objects.get("circles"):
        yield "circles  " + " ".join(_circle(each) for each in circles)


def _circle(circle: Mapping[str, Any]) -> str:
    through = circle.get("radius_point")
    return f"⊙{circle.get('center')}" + (f" through {through}" if through else "")


def _answer(found: AnswerVerdict) -> Text:
    """What is asked, what it comes to in figures of the parse, and the key."""
    style = {"right": "green", "wrong": "red", "several": "yellow", "open": "yellow"}.get(found.state, "dim")
    return Text(f"  answer: {found.state}{in_words(found)}", style=style)


def _drawable(verdict: Verdict) -> Text:
    if verdict.drawable is None:
        return Text(f"  verify: not judged, {verdict.why}", style="yellow")
    if verdict.drawable:
        return Text(f"  verify: it can be drawn, {verdict.state}", style="green")
    by = ", with the objects to be drawn" if verdict.by_objects else ""
    return Text(f"  verify: it cannot be drawn; what is red above contradicts{by}", style="red")


def marked(text: str, found: Explanation) -> Text:
    """What was read green, what was not understood red, the question dim; characters keep their places."""
    shown = Text("".join(each if each.isprintable() else " " for each in text))
    for fact in found.facts:
        shown.stylize("green", fact.span.start, fact.span.end)
    if found.question is not None:
        shown.stylize("dim", found.question.start, found.question.end)
    for span in found.unread:
        shown.stylize("bold red underline", span.start, span.end)
    return shown
