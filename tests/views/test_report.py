import re
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from support.cases import for_each
from support.pages import Elements, cells, data_of
from support.reports import HOSTILE, RIGHT, at, content, entries, events, meta, page, parsed, rows, totals

from asyncgeo.schema import conditions
from asyncgeo.schema.records import RULES_MODEL
from asyncgeo.schema.verdict import AnswerVerdict, Verdict
from asyncgeo.schema.words import readable
from asyncgeo.store.events import Progress
from asyncgeo.store.raw_answers import Raw
from asyncgeo.views.report import LoggedRun, PageEntry, render
from asyncgeo.views.report.choice import KINDS, choose, kind_of
from asyncgeo.views.report.drawing import drawing
from asyncgeo.views.report.figures import Figures
from asyncgeo.views.report.pack import CHUNK, COLUMNS, Pack
from asyncgeo.views.report.runs import columns, timeline

SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'


@for_each("kind", conditions.TABLE.values(), ids=lambda kind: kind.name)
def test_every_type_of_condition_can_be_read(kind: conditions.ConditionType) -> None:
    """In a line of its own, with every point that it names and nothing of its JSON."""
    condition = conditions.example(kind)
    text = readable(condition)
    assert text
    assert all(point in text for point in conditions.points_of(condition))
    assert not set('{}[]_"') & set(text)


def test_conditions_read_as_mathematicians_write_them() -> None:
    """Indices below, degrees, no needless zeros; what is no condition reads as nothing."""
    assert readable({"type": "angle_value", "points": [["A1", "B", "C′"]], "value": 50.0}) == "∠A₁BC′ = 50°"
    assert readable({"type": "segment_ratio", "segment1": ["A", "B"], "segment2": ["C", "D"], "ratio": [1, 2.5]}) == (
        "AB : CD = 1 : 2.5"
    )
    assert readable({"type": "angle_value"}) == readable({"type": []}) == readable({}) == ""


def test_hostile_texts_change_no_element_of_the_page() -> None:
    """The page has the same elements and attributes as one with harmless texts, but for its title."""
    harmless = Elements(page([parsed("1")]))
    row = parsed("1", {"type": HOSTILE, HOSTILE: HOSTILE}, text=HOSTILE, category=HOSTILE, error=HOSTILE, kind=HOSTILE)
    hostile = Elements(page([row], [LoggedRun(HOSTILE, events(3))], notes=[HOSTILE], folder=HOSTILE))
    assert hostile.tags == harmless.tags
    assert HOSTILE in hostile.contents["title"]


def test_nothing_is_fetched_and_one_script_runs() -> None:
    """No address of another host, no handler in an attribute; the policy knows the script and the style by hash."""
    text = page(rows(), [LoggedRun("run", events())])
    elements = Elements(text)
    addresses = [
        value for _, attributes in elements.tags for name, value in attributes.items() if name in ("src", "href")
    ]
    assert all(value is not None and value.startswith("#") for value in addresses)
    assert not any(name.startswith("on") for _, attributes in elements.tags for name in attributes)
    policies = [attributes["content"] for _, attributes in elements.tags if "http-equiv" in attributes]
    assert re.fullmatch(
        r"default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'; base-uri 'none'",
        policies[0] or "",
    )


def test_templates_never_make_markup_of_text() -> None:
    """The scripts use no door through which text becomes elements or code."""
    for path in (Path(__file__).parents[2] / "asyncgeo" / "views" / "report" / "templates").glob("*.js"):
        code = path.read_text(encoding="utf-8")
        code = "\n".join(line for line in code.splitlines() if not line.startswith("//"))
        for door in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "fetch(",
        ):
            assert door not in code, f"{path.name}: {door}"


def test_figures_count_each_problem_once() -> None:
    """By what became of it; stand-ins are parses and errors both, and say so."""
    figures = Figures()
    for entry in entries(rows(60)):
        figures.add(entry)
    found = figures.summary()
    assert found["outcomes"] == {"model": 56, "skipped": 1, "error": 1, "stand_in": 1, "rules": 1}
    assert found["error_kinds"] == {"timeout": 1, "server": 1}
    assert found["skip_reasons"] == {"pure_calculation": 1}
    assert sum(found["difficulties"].values()) == 58
    assert found["types"] == [["angle_value", 58, 58], ["distance_equals", 2, 1]]
    assert found["cost"] == pytest.approx(0.06)


def test_the_embedded_endpoint_costs_neither_tokens_nor_time() -> None:
    """Its numbers are in no total and in no row; those of a model are in both."""
    shown = [parsed("1"), parsed("2", source="rules", meta=meta(model=RULES_MODEL, latency=99.0))]
    found = data_of(page(shown))
    assert found["figures"]["tokens"]["in"] == meta(1).tokens.input
    assert found["figures"]["histograms"]["latency"]["n"] == 1
    told = [cells(found["table"], k) for k in range(2)]
    assert [(row.get("tokens") is None, row.get("latency") is None) for row in told] == [(False, False), (True, True)]


def test_a_long_run_is_thinned_without_losing_a_refusal() -> None:
    """At most so many points; the sum of what is counted, and the last state, stay."""
    progress = [event for event in events(1001) if isinstance(event, Progress)]
    found = columns(progress, at(0), most=40)
    assert all(len(values) == 40 for values in found.values())
    assert (sum(found["rate_limited"]), sum(found["retries"])) == (3, 2)
    assert (found["t"][-1], found["done"][-1]) == (1000.0, 1000)
    assert found["requests_limit"] == [60.0] * 40
    assert found["tokens_limit"] == [None] * 40
    assert max(found["cool_down"]) == 2.0


@for_each("cut", range(len(events(4)) + 1))
def test_a_journal_cut_anywhere_has_a_timeline(cut: int) -> None:
    """What a kill left: no beginning, no end, nothing at all."""
    found = timeline(LoggedRun("run", events(4)[:cut]))
    assert (found["ended"] is None) == (cut < len(events(4)) - 1)
    assert timeline(LoggedRun("run", events(4)[cut:]))["name"] == "run"


def test_passwords_in_addresses_stay_out() -> None:
    """A report is shown around."""
    assert "secret" not in page([], [LoggedRun("run", events())])
    assert "https://example.org/v1" in page([], [LoggedRun("run", events())])


def test_equal_conditions_and_words_stand_once() -> None:
    """So that a page of thousands is small."""
    table = data_of(page([parsed(str(k), RIGHT, RIGHT) for k in range(100)]))["table"]
    assert table["conditions"] == [["∠ACB = 90°", RIGHT]]
    assert len(set(table["words"])) == len(table["words"]) < 8
    assert table["columns"] == list(COLUMNS)


def test_problems_that_the_table_leaves_out_are_counted() -> None:
    """And it is said how the others were chosen; where none is left out nothing is."""
    counted = totals(entries(rows(10)))
    data = data_of(page([], entries=entries(rows(10)[:2]), totals=counted, choice="2 of 10 problems"))
    table = data["table"]
    assert (len(table["rows"]), table["left_out"], table["choice"]) == (2, 8, "2 of 10 problems")
    assert data["figures"]["outcomes"] == counted["outcomes"]
    assert "choice" not in data_of(page(rows(10)))["table"]


def test_what_somebody_should_look_at_is_chosen_first() -> None:
    """Kind by kind; the first that has no room evenly over the ids; all of them in the order of the ids."""
    other = len(KINDS) - 1
    kinds = bytes([other] * 10 + [0] + [other] * 10 + [5, 1])
    assert list(choose(kinds, len(kinds)).shown) == list(range(len(kinds)))
    assert choose(kinds, len(kinds)).words == ""
    chosen = choose(kinds, 8)
    assert list(chosen.shown) == [0, 4, 8, 10, 13, 17, 21, 22]
    assert chosen.words == (
        "8 of 23 problems: errors (all 1), stand-ins (all 1), skipped problems (all 1), "
        "other problems (5 of 20, evenly by id)"
    )
    assert list(choose(kinds, 2).shown) == [10, 22]
    assert choose(kinds, 2).words.endswith(
        "stand-ins (all 1), skipped problems (none of 1), other problems (none of 20)"
    )


def test_contradictory_wrong_and_disputed_parses_are_kinds_of_their_own() -> None:
    """As `asyncgeo verify` found them; an outcome that needs a look comes before."""
    plain = Verdict("1", "", drawable=True, state="flexible", residual=0.0, freedom=1)
    wrong = replace(plain, answer=AnswerVerdict("wrong"))
    bad = replace(wrong, drawable=False)
    assert [KINDS[kind_of("model", each)] for each in (bad, wrong, plain, None)] == [
        "contradictory parses",
        "parses with a wrong answer",
        "other problems",
        "other problems",
    ]
    assert [KINDS[kind_of(each, bad)] for each in ("error", "stand_in")] == ["errors", "stand-ins"]
    assert KINDS[kind_of("skipped", None)] == "skipped problems"


def test_rows_tell_what_was_done_to_them() -> None:
    """Asked twice in vain, made again from a kept answer, or neither."""
    made = [parsed("1", meta=meta(drawable=False)), parsed("2", meta=meta(rechecked=True)), parsed("3")]
    table = data_of(page(made))["table"]
    assert [cells(table, k).get("marks") for k in range(3)] == [["contradicts"], ["rechecked"], None]


def test_words_that_no_condition_can_say_stand_with_their_problem() -> None:
    """Where a row has some; the page can show those problems alone."""
    found = page([parsed("1", unexpressed=("tan∠ABC=2",)), parsed("2")])
    table = data_of(found)["table"]
    assert [cells(table, k).get("unexpressed") for k in range(2)] == [["tan∠ABC=2"], None]


def test_pictures_and_answers_come_in_chunks() -> None:
    """As many as rows need; a chunk without any is empty, a page without any has none."""
    raw = Raw("1", "", at(1), "m", "p", "stop", "{}")
    plain, some = Pack(), Pack()
    for k in range(2 * CHUNK + 1):
        plain.add(PageEntry(parsed(str(k))))
        some.add(PageEntry(parsed(str(k)), figure=SVG if k == CHUNK else None, raws=[raw] if k == 0 else ()))
    empty, table = (msgspec.json.decode(b"".join(each.table(0, ""))) for each in (plain, some))
    assert empty["pictures"]["chunks"] == empty["raws"]["chunks"] == []
    assert [bool(chunk) for chunk in table["pictures"]["chunks"]] == [False, True, False]
    assert [bool(chunk) for chunk in table["raws"]["chunks"]] == [True, False, False]


def test_of_pictures_only_known_parts_are_taken() -> None:
    """No style, no handler, no script, no other namespace; what is no SVG is no picture."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="x()"><script>x()</script>'
        '<g class="figure-dots" style="fill:red" id="i"><circle cx="1" r="2" href="x"/><text class="x">A&lt;</text></g>'
        '<a xmlns="http://www.w3.org/1999/xhtml">x</a></svg>'
    )
    dots = ["g", {"class": "figure-dots"}, ["circle", {"cx": "1", "r": "2"}], ["text", {}, "A<"]]
    assert drawing(svg) == ["svg", {"viewBox": "0 0 9 9"}, dots]
    assert drawing("<svg/>") is drawing("<svg") is drawing("") is None


def test_the_same_content_makes_the_same_page() -> None:
    """Reports can be compared."""
    runs = [LoggedRun("run", events())]
    assert list(render(content(rows(), runs))) == list(render(content(rows(), runs)))
