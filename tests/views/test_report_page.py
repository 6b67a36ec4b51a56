"""The report in a real browser: what a person does with it, and what hostile rows do not."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from support.chromium import Page, browsing, program
from support.reports import HOSTILE, HYPOTENUSE, LEG, RIGHT, content, events, meta, parsed, rows

from asyncgeo.schema.records import RULES_MODEL, Parsed, RequiredObjects, Row, Skipped
from asyncgeo.schema.verdict import Verdict
from asyncgeo.store.events import Started
from asyncgeo.store.raw_answers import Raw
from asyncgeo.views.report import LoggedRun, PageEntry, render

pytestmark = pytest.mark.browser

FIGURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="window.harmed = 1">'
    "<script>window.harmed = 2</script>"
    '<g class="figure-strokes" style="fill:red"><path d="M0,0 L9,9" onclick="window.harmed = 3"/><text>A₁</text></g>'
    '<foreignObject><b xmlns="http://www.w3.org/1999/xhtml">x</b></foreignObject><image href="http://example.org/x"/></svg>'
)
MANY = 300


def many() -> list[PageEntry]:
    """Entries with everything a problem can have."""
    made: list[PageEntry] = []
    for row in rows(MANY):
        bad = row.id == "6"
        verdict = Verdict(row.id, "", not bad, "contradictory" if bad else "flexible", 0.0, None if bad else 2)
        raw = Raw(row.id, "", "2026-11-23T12:00:00Z", "gpt-4.1-mini", "9f2c", "stop", '{"answer": "' + row.id + '"}')
        is_parse = isinstance(row, Parsed)
        made.append(
            PageEntry(
                row,
                text="" if is_parse else f"the text of problem {row.id}",
                cost=0.001,
                verdict=Verdict(
                    "6", "", drawable=False, state="contradictory", residual=1, freedom=None, conflict=(0, 2)
                )
                if bad
                else verdict
                if is_parse
                else None,
                figure=FIGURE if is_parse and not bad else None,
                raws=[raw] if is_parse else (),
            )
        )
    return made


@asynccontextmanager
async def page_of(tmp_path: Path, entries: list[PageEntry], **more: Any) -> AsyncIterator[Page]:
    """The page of these entries, to be looked at; demands that nothing failed, ran or was fetched meanwhile."""
    program()
    path = tmp_path / "report.html"
    given: dict[str, Any] = {
        "runs": [LoggedRun("run_1.jsonl", events()), LoggedRun("run_2.jsonl", events(9))],
        "figures_wanted": 1000,
    } | more
    path.write_bytes(b"".join(render(content([], entries=entries, **given))))
    async with browsing() as page:
        await page.look()
        await page.visit(path.as_uri())
        yield page
        assert await page.run("window.harmed === undefined")
        told = [event for event in page.events if event["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")]
        assert not told
        asked = [event for event in page.events if event["method"] == "Network.requestWillBeSent"]
        assert [event["params"]["request"]["url"].partition("#")[0] for event in asked] == [path.as_uri()]


async def found(page: Page) -> str:
    return str(await page.run("document.querySelector('#found').textContent"))


async def ids(page: Page, most: int = 3) -> list[str]:
    """The ids in the first lines of the table."""
    script = "[...document.querySelectorAll('.sheet tbody tr[data-place] td.c-id')].map((cell) => cell.textContent)"
    return list((await page.run(script))[:most])


async def test_problems_are_searched_filtered_and_sorted(tmp_path: Path) -> None:
    """By typing, by choosing, by pressing a head and a bar; what is found is counted, and all of it can be cleared."""
    async with page_of(tmp_path, many()) as page:
        assert await found(page) == "300 problems"
        await page.click("#search")
        await page.write("第17题")
        assert (await found(page), await ids(page)) == ("1 of 300 problems", ["17"])
        await page.click("#reset")
        await page.click("#search")
        await page.write("4")
        assert await ids(page, 1) == ["4"]  # the id itself first
        await page.click("#reset")
        await page.click("#search")
        await page.write("∠acb = 90°")
        assert await found(page) == "298 of 300 problems"
        await page.click("#reset")
        await page.select("#filter-outcome", "failed")
        assert (await found(page), await ids(page)) == ("2 of 300 problems", ["4", "5"])
        await page.select("#filter-source", "rules")
        assert await ids(page) == ["5"]
        await page.click("#reset")
        await page.select("#filter-type", "distance_equals")
        assert await ids(page) == ["6"]
        await page.click("#reset")
        await page.click(".sheet th.c-difficulty button")
        await page.click(".sheet th.c-difficulty button")
        assert await page.run("document.querySelector('.sheet th.c-difficulty').ariaSort") == "descending"
        assert await ids(page) == ["9", "14", "19"]
        await page.click("#outcome .legend li:last-child button")
        assert (await found(page), await ids(page)) == ("1 of 300 problems", ["4"])
        await page.write("no such thing")
        await page.click("#search")
        await page.write("no such thing")
        assert await found(page) == "No problem passes these filters."


STATED: list[dict[str, Any]] = [
    {"type": "angle_value", "points": [["A", "B", "C"]], "value": 50.0},
    {"type": "angle_value", "points": [["A", "B", "C"]], "value": 500},
    {"type": "perpendicular", "objects": [["A", "B"], ["C", "D"]]},
    {"type": "parallel", "objects": [["A", "B"], ["C", "D"]]},
    {"type": "segment_equality", "segments": [["A", "B"], ["C", "D"], ["E", "F"]]},
    {"type": "triangle_valid", "points": ["A", "B", "C"]},
    {"type": "polygon_type", "polygon": ["A", "B", "C", "D"], "value": "square"},
    {"type": "segment_ratio", "segment1": ["A", "B"], "segment2": ["C", "D"], "ratio": [1, 2]},
    {"type": "segments_sum_value", "segments": [["A", "B"], ["C", "D"]], "value": 7},
    {"type": "distance_equals", "segment": ["A1", "B"], "value": 3},
    {"type": "parallel", "objects": [["m"], ["n"]]},
]
SEARCHED = {
    "0": ("∠ABC=50", "∠CBA = 50°", "角ABC=50", "angle CBA = 50.0°", "∠cba＝50度", "∠ABC = 50°, "),
    "0 1": ("∠CBA", "角ABC"),
    "2": ("AB ⟂ CD", "CD⊥AB", "DC 垂直 BA", "ab ⊥ dc"),
    "10": ("n // m", "m平行于n"),
    "3": ("AB // CD", "DC ∥ BA", "AB‖CD", "CD平行于AB"),
    "4": ("AB=CD", "FE = BA", "EF=AB=DC"),
    "5": ("△ABC", "△CAB", "三角形BAC"),
    "6": ("BCDA", "DCBA square"),
    "7": ("AB : CD = 1 : 2", "DC:BA=2:1", "AB/CD = 1/2"),
    "8": ("DC + AB = 7",),
    "9": ("BA₁=3", "A1B = 3"),
    "": ("AB ⟂ CE", "∠BAC=50", "ACBD", "AB + CD = 8"),
}


async def test_statements_are_found_by_what_they_mean(tmp_path: Path) -> None:
    """Whatever the signs, the spaces, and the order of sides and letters; nothing else is found."""
    made = [PageEntry(parsed(str(k), condition, text=f"text {k}")) for k, condition in enumerate(STATED)]
    made.append(PageEntry(parsed("11", text="如图,PQ⊥RS,∠XYZ=20°,求PR的长")))
    asked = {query: wanted.split() for wanted, queries in SEARCHED.items() for query in queries}
    asked |= {"SR ⟂ QP": ["11"], "∠zyx = 20": ["11"], "right-angled": [], "text 8": ["8"]}
    search = "(query) => { chosen.query = query; arrange(); return [query, order.map((row) => cell(row, 'id'))]; }"
    async with page_of(tmp_path, made) as page:
        assert dict(await page.run(f"{json.dumps([*asked])}.map({search})")) == asked


async def test_what_is_found_is_saved(tmp_path: Path) -> None:
    """Ids and JSON Lines of the rows that pass, in their order, from a page on a disk under its own policy."""
    async with page_of(tmp_path, many()) as page:
        await page.select("#filter-outcome", "failed")
        await page.download("#save-ids", tmp_path)
        await page.download("#save-rows", tmp_path)
        await page.run("(chosen.query = 'no such thing', arrange())")
        assert await page.run(
            "document.querySelector('#save-ids').disabled && document.querySelector('#save-rows').disabled"
        )
        assert (tmp_path / "ids.txt").read_text() == "4\n5\n"
        failed, stand_in = map(json.loads, (tmp_path / "rows.jsonl").read_text().splitlines())
        assert (failed["outcome"], failed["word"], failed["text"]) == ("error", "timeout", "the text of problem 4")
        assert (stand_in["source"], stand_in["conditions"]) == ("rules", [RIGHT])


async def test_a_problem_is_opened_read_and_left_by_keys_and_by_mouse(tmp_path: Path) -> None:
    """Text, figure, conditions with those that contradict, answer; next, previous, Esc; the address names it."""
    async with page_of(tmp_path, many(), raws_kept=True) as page:
        await page.run("document.querySelector('#sheet').focus()")
        for key in ("ArrowDown", "ArrowDown", "Enter"):
            await page.press(key)
        assert await page.run("document.querySelector('#problem').open")
        assert await page.run("document.querySelector('#problem-title').textContent") == "Problem 2"
        assert await page.run("location.hash") == "#problem=2"
        await page.until("document.querySelector('#drawing svg path')")
        await page.click("#raw summary")
        await page.until("document.querySelector('#raw pre')")
        assert await page.run("document.querySelector('#raw pre').textContent") == '{\n  "answer": "2"\n}'
        await page.press("ArrowRight")
        text = await page.run("document.querySelector('#problem-body').innerText")
        assert "the text of problem 3" in text
        assert "pure calculation: nothing to draw" in text
        await page.click("#previous")
        assert await page.run("document.querySelector('#problem-title').textContent") == "Problem 2"
        await page.press("Escape")
        await page.until("!document.querySelector('#problem').open")
        assert await page.run("document.activeElement.id") == "sheet"
        await page.click(".sheet tbody tr[data-place='6'] td.c-text")
        bad = "[...document.querySelectorAll('.conditions tr')].map((row) => row.className === 'bad')"
        assert await page.run(bad) == [False, True, False, True]  # the first is the head
        assert "∠ACB = 90°" in await page.run("document.querySelector('.conditions tr.bad').innerText")
        assert '"type":"angle_value"' in await page.run("document.querySelector('.conditions tr.bad').innerText")
        assert "C was added" in await page.run("document.querySelector('#problem-body').innerText")
        assert "contradict each other" in await page.run("document.querySelector('#drawing').innerText")


async def test_an_address_that_names_a_problem_opens_it(tmp_path: Path) -> None:
    """So that one can be passed on."""
    async with page_of(tmp_path, many()) as page:
        url = await page.run("location.href")
        await page.visit("about:blank")
        page.events.clear()
        await page.visit(url + "#problem=41")
        assert await page.run("document.querySelector('#problem-title').textContent") == "Problem 41"


async def test_only_rows_in_sight_are_drawn(tmp_path: Path) -> None:
    """Scrolling shows every row at its place, and never more than a screenful of them is there."""
    async with page_of(tmp_path, many()) as page:
        await page.run("document.querySelector('#sheet').focus()")
        await page.press("End")
        await page.until("document.querySelector('#row-299')")
        assert await page.run("document.querySelector('#row-299 td.c-id').textContent") == "299"
        assert await page.run("document.querySelectorAll('.sheet tbody tr').length") < 60
        seen = "document.querySelector('#row-299').getBoundingClientRect().bottom"
        assert await page.run(f"{seen} <= document.querySelector('#sheet').getBoundingClientRect().bottom + 1")
        for top in (7000, 7200, 6900, 3000, 3033):
            await page.run(f"document.querySelector('#sheet').scrollTop = {top}")
            await page.until(f"document.querySelector('#row-{top // 33 + 4}')")
            places, shown = await page.run(  # in one turn of the page: it may draw between two
                "[[...document.querySelectorAll('.sheet tr[data-place]')].map((row) => row.dataset.place),"
                "[...document.querySelectorAll('.sheet tr[data-place] td.c-id')].map((cell) => cell.textContent)]"
            )
            assert shown == places == [str(int(shown[0]) + k) for k in range(len(shown))]
        await page.run("document.querySelector('#sheet').focus()")
        await page.press("Home")
        await page.until("document.querySelector('#row-0')")
        assert await page.run("document.querySelector('#sheet').scrollTop") == 0


CONTRAST = """(() => {
  const light = (colour) => {
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (!/, 0\\)$/.test(colour) && !colour.includes("color(")) return colour;
    }
  };
  let least = [99];
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const node = words.currentNode.parentElement;
    if (!words.currentNode.data.trim() || !node.checkVisibility() || node.closest("option, :disabled")) continue;
    const style = getComputedStyle(node);
    const [a, b] = [light(node.namespaceURI.endsWith("svg") ? style.fill : style.color), light(behind(node))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < least[0]) least = [contrast, words.currentNode.data, style.color];
  }
  return least;
})()"""


async def demand_contrast(page: Page) -> None:
    least, *where = await page.run(CONTRAST.replace("option, :disabled", "option, :disabled, .sign"))
    assert least >= 4.5, where
    least, *where = await page.run(CONTRAST)
    assert least >= 3, where


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_theme_follows_the_system_until_it_is_chosen(tmp_path: Path, scheme: str) -> None:
    """Text stands out by 4.5 : 1 at least (WCAG AA) in both; signs of an outcome, large or beside words, by 3 : 1."""
    async with page_of(tmp_path, many()) as page:
        await page.look(scheme=scheme)
        paper = "getComputedStyle(document.body).backgroundColor"
        before = await page.run(paper)
        await demand_contrast(page)
        await page.click("#theme")
        assert await page.run("document.documentElement.dataset.theme") == {"light": "dark", "dark": "light"}[scheme]
        assert await page.run(paper) != before
        await demand_contrast(page)
        await page.click("#theme")
        assert await page.run(paper) == before


async def test_runs_can_be_chosen_and_read_at_any_moment(tmp_path: Path) -> None:
    """The last one first; refusals and retries are marked and said in words, moments are read by arrow keys."""
    async with page_of(tmp_path, many()) as page:
        assert "9" in await page.run("document.querySelector('#runs .tiles dd').textContent")
        await page.select("#run", "0")
        await page.until("document.querySelectorAll('#runs .plot .refused').length === 1")
        assert await page.run("document.querySelectorAll('#runs .plot .retried').length") == 1
        text = await page.run("document.querySelector('#runs').innerText")
        assert "limit 60 (dashed)" in text
        assert "no limit known" in text
        assert "75.0 %" in text
        assert "the endpoint said 429" in text
        await page.run("document.querySelector('#runs [role=group]').focus()")
        await page.press("ArrowRight")
        assert "at 0 s: 50 · limit 60" in await page.run("document.querySelector('#runs .plot figcaption').innerText")


async def test_labels_name_every_control(tmp_path: Path) -> None:
    """What can be pressed, chosen or typed into has a name for those who do not see it."""
    async with page_of(tmp_path, many()) as page:
        tree = (await page.call("Accessibility.getFullAXTree"))["nodes"]
        roles = ("button", "combobox", "searchbox", "link", "grid", "columnheader")
        controls = [node for node in tree if not node["ignored"] and node["role"]["value"] in roles]
        assert len(controls) > 30
        assert not [node for node in controls if not node["name"]["value"]]


async def test_a_narrow_window_needs_no_sideways_scrolling(tmp_path: Path) -> None:
    """At 400 pixels everything fits."""
    async with page_of(tmp_path, many()) as page:
        await page.look(width=400, height=800)
        await page.until("innerWidth === 400")
        assert await page.run("document.documentElement.scrollWidth") <= 400
        await page.click(".sheet tbody tr[data-place='6'] td.c-text")
        assert await page.run("document.querySelector('#problem-body').scrollWidth") <= 400


async def test_paper_gets_rows_and_light_colours(tmp_path: Path) -> None:
    """Printing prints the rows, or the problem that is open; afterwards the screen is as before."""
    async with page_of(tmp_path, many()) as page:
        await page.look(scheme="dark")
        await page.run(
            "addEventListener('beforeprint', () => {"
            " window.printed = document.querySelectorAll('.sheet tbody tr').length;"
            " window.paper = document.querySelector('#paper')?.innerText })"
        )
        assert (await page.paper()).startswith(b"%PDF")
        assert await page.run("window.printed") == MANY + 2  # with the spacers
        assert await page.run("document.querySelectorAll('.sheet tbody tr').length") < 60
        assert await page.run("window.paper === undefined")
        await page.click(".sheet tbody tr[data-place='6'] td.c-text")
        assert (await page.paper()).startswith(b"%PDF")
        assert "Problem 6" in await page.run("window.paper")
        assert await page.run("document.querySelector('#paper') === null")


async def test_nothing_is_clipped_on_paper(tmp_path: Path) -> None:
    """Every column is there, and long ids, words and texts go on in their next lines, as wide as a sheet is."""
    text = "在△ABC中,∠ABC=50°," * 90
    made = [PageEntry(parsed(name, text=words), cost=1234.5) for name, words in (("n" * 60, "x" * 900), ("8", text))]
    async with page_of(tmp_path, made, figures_wanted=None) as page:
        await page.look(width=700)
        await page.call("Emulation.setEmulatedMedia", media="print")
        await page.run("drawAll()")
        assert await page.run("document.documentElement.scrollWidth") <= 700
        clipped, heads = (f"[...document.querySelectorAll('.sheet {which}')]" for which in (":is(th, td)", "th"))
        clipped += ".filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.className)"
        assert await page.run(clipped) == []
        assert await page.run(f"{heads}.length && {heads}.every((head) => head.checkVisibility())")
        assert await page.run("document.querySelector('#row-1 .c-text').textContent") == text


@pytest.mark.parametrize("made", [[], [PageEntry(Skipped(id="1", source="screen", reason="no_formal_objects"))]])
async def test_what_is_not_known_is_said(tmp_path: Path, made: list[PageEntry]) -> None:
    """No rows, no parse, no journal, no price, no verdict: plain sentences, no empty charts."""
    async with page_of(tmp_path, made, runs=[]) as page:
        text = await page.run("document.body.innerText")
        assert "No event log of a run is in this folder" in text
        assert "No problem was parsed." in text
        assert "Cost" not in text
        assert ("There is no problem to show." in text) == (not made)


async def test_without_a_model_nothing_is_said_of_tokens_latency_and_cost(tmp_path: Path) -> None:
    """Neither of the folder nor of the run, the rows and the problem opened."""
    made = [PageEntry(parsed("1", source="rules", meta=meta(model=RULES_MODEL)))]
    started, *course = events(9)
    assert isinstance(started, Started)
    offline = [replace(started, model=RULES_MODEL, offline=True), *course]
    async with page_of(tmp_path, made, runs=[LoggedRun("run_1.jsonl", offline)]) as page:
        await page.run("openProblem(0)")
        text = await page.run("document.body.innerText")
        assert "Requests per minute" in text
        assert not re.search(r"^(Tokens|Median latency|Latency|Cost)\b", text, re.MULTILINE)


def hostile_rows() -> list[Row]:
    """Markup, quotes, control and direction characters, and texts of 100 kB, in every place that holds text."""
    bad = {"type": HOSTILE, "points": [HOSTILE], HOSTILE: HOSTILE}
    objects = RequiredObjects(points=[HOSTILE, "__proto__"], segments=[[HOSTILE, "constructor"]])
    texts = (HOSTILE, HOSTILE * 1000, "\u202e" * 100 + "abc", "'\"`${window.harmed=4}", "<b>" * 33_000)
    made: list[Row] = [
        parsed(
            f"{text[:20]}{k}", bad, RIGHT, LEG, HYPOTENUSE, text=text, category=text[:50], error=text, kind=text[:50]
        )
        for k, text in enumerate(texts)
    ]
    made.append(parsed("__proto__", required_objects=objects, original_text=HOSTILE))
    made.append(Skipped(id=HOSTILE, source="screen", reason="constructor", detail=HOSTILE))
    return made


async def test_hostile_rows_do_nothing(tmp_path: Path) -> None:
    """Every one is shown, found and opened; nothing runs, nothing is fetched, and odd characters can be seen."""
    raw = Raw("", "", HOSTILE, HOSTILE, "", HOSTILE, HOSTILE)
    made = [PageEntry(row, text=HOSTILE, figure=FIGURE, raws=[raw]) for row in hostile_rows()]
    hostile_run = [*events(5)]
    async with page_of(
        tmp_path, made, raws_kept=True, notes=[HOSTILE], folder=HOSTILE, runs=[LoggedRun(HOSTILE, hostile_run)]
    ) as page:
        assert await found(page) == f"{len(made)} problems"
        assert await page.run("document.scripts.length") == 2
        for place in range(len(made)):
            await page.run(f"openProblem({place})")
            await page.until("document.querySelector('#drawing svg') || !document.querySelector('#drawing')")
            await page.click("#raw summary")
            await page.until("document.querySelector('#raw pre')")
            assert await page.run(
                "document.querySelectorAll('main b, dialog b, img, dialog image, foreignObject').length"
            ) == (await page.run("document.querySelectorAll('.legend b, .plot b').length"))
        assert "U+202E" in await page.run("document.querySelector('#problem-body').textContent")
        await page.press("Escape")
        await page.click("#search")
        await page.write("<script>window")
        assert await found(page) != "No problem passes these filters."
        assert await page.run("document.querySelectorAll('.sheet td *:not(span)').length") == 0
