"""What a person sees of a run: the live panel, plain lines, the lines at the end."""

import asyncio
import contextlib
import io
import re

import msgspec
import pytest
from rich.console import Console
from support.cases import for_each

from asyncgeo.cli import panel
from asyncgeo.llm.limits import Bound
from asyncgeo.run import summary
from asyncgeo.schema import words
from asyncgeo.store import events
from asyncgeo.store.events import Ended, Progress

FULL = Progress(
    at=events.now(),
    elapsed=3_725.0,
    total=1_234_567,
    done=1_000_000,
    parsed=900_000,
    stand_ins=4_000,
    skipped=90_000,
    failed=6_000,
    waiting=5,
    probes=2,
    rate=1_029.35,
    eta=227.9,
    requests=1_030_000,
    retries=12_345,
    rate_limited=678,
    input_tokens=7_000_000_000,
    cached_tokens=6_000_000_000,
    output_tokens=300_000_000,
    cost=1_234.5,
    projected=1_524.0,
    in_flight=987,
    slots=1_000,
    requests_used=61_234.0,
    requests_limit=63_000.0,
    tokens_used=149_000_000.0,
    tokens_limit=150_000_000.0,
    cool_down=12.0,
    share=0.25,
)
EMPTY = Progress(at=events.now(), total=10)


def drawn(seen: Progress, width: int, errors: tuple[str, ...] = (), budget: float | None = None) -> list[str]:
    """The panel's lines as a terminal of that width shows them."""
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, color_system=None, legacy_windows=False)
    console.print(panel.panel(seen, errors, width, budget))
    return out.getvalue().splitlines()


@for_each("width", [40, 60, 80, 120, 200])
@for_each("seen", [FULL, EMPTY])
def test_the_panel_fits_the_terminal(seen: Progress, width: int) -> None:
    """No line is wider than the terminal, and what finds no room stands below: nothing is cut but errors."""
    lines = drawn(seen, width, ("17: timeout: " + "长" * 300,), 2_000.0)
    assert all(len(text) + len(re.findall(r"[⺀-鿿]", text)) <= width for text in lines)
    assert [text for text in lines if "…" in text] == [lines[-1]]
    said = " ".join(" ".join(lines).split())
    for part in (f"429s {seen.rate_limited:,}", f"retries {seen.retries:,}", f"failed {seen.failed:,}"):
        assert part in said
    assert ("149M of 150M" in said) == (seen is FULL)


def test_the_panel_counts_thoughts_and_cache_writes() -> None:
    """Beside the cost, or beside the tokens where no price is known."""
    more = msgspec.structs.replace(FULL, cache_write_tokens=43_000, reasoning_tokens=1_200_000)
    assert "tokens 43k written to the cache, 1.2M of thinking" in "\n".join(drawn(more, 120))
    unpriced = msgspec.structs.replace(more, cost=None, projected=None)
    assert "7G in, 300M out, 43k written to the cache, 1.2M of thinking" in "\n".join(drawn(unpriced, 120))


def test_the_panel_tells_everything_at_80_columns() -> None:
    """Counts, rate against both limits, in flight, cool-down, cost so far and projected, ETA, the last errors."""
    text = "\n".join(drawn(FULL, 80, ("17: timeout: no answer",), 2_000.0))
    for part in (
        "81%",
        "1,000,000/1,234,567",
        "1h02m · ETA 3m48s",
        "parsed 900,000 · stood in 4,000 · skipped 90,000 · failed 6,000\nwaiting for evidence 5",
        "1,029.3 problems/s · cool-down 12s · in flight 987 of 1,000",
        "61.2k of 63k",
        "149M of 150M",
        "$1,234.50 so far · $1,524.00 projected · budget $2,000.00",
        "17: timeout: no answer",
    ):
        assert part in text
    wide = "\n".join(drawn(FULL, 120))
    assert "retries 12,345 · 429s 678 · 25% of a shared limit" in wide
    assert "failed 6,000 · waiting for evidence 5" in wide


def test_hostile_text_stays_text() -> None:
    """An error's words are neither markup nor escape sequences."""
    text = "\n".join(drawn(EMPTY, 80, ("1: x: [red]a[/] \x1b[2J\r\n",)))
    assert "[red]a[/]" in text
    assert "\x1b[2J" not in text


def test_unknown_things_are_left_out() -> None:
    """No price, no limits, no rate: no figures are made up."""
    text = "\n".join(drawn(EMPTY, 80))
    assert "ETA –" in text
    assert not re.search(r"\$|RPM|TPM|cool-down|shared", text)
    assert summary.line(EMPTY) == "0/10 · 0.0/s · parsed 0 · stood in 0 · skipped 0 · failed 0 · in flight 0 · ETA –"


def test_the_end_says_what_limited_the_run() -> None:
    """The largest share first, in words; what hardly mattered is left out."""
    ended = Ended(
        at=events.now(),
        exit_code=0,
        bound={"concurrency": 0.1, "tokens": 0.895, "cpu": 0.005},
        skip_reasons={"undefined_points": 1_234},
        error_kinds={"timeout": 2},
    )
    lines = summary.closing(FULL, ended)
    assert "Limited by: tokens per minute 90% · answers awaited (slots × latency) 10%" in lines
    assert "Skipped: undefined_points 1,234" in lines
    assert "Errors: timeout 2" in lines
    assert lines[0].startswith("1,000,000 of 1,234,567 in 1h02m (268.5/s): parsed 900,000 · stood in 4,000 · skipped")
    assert lines[0].endswith("failed 6,000 · failed and pending 5")
    assert lines[1].endswith("429s 678 · probes 2")


def test_a_run_without_a_model_says_so_at_its_end() -> None:
    """And shows no requests, no tokens, no price and no limit, as if there had been a model."""
    ended = Ended(at=events.now(), exit_code=0, bound={"cpu": 1.0}, skip_reasons={"undefined_points": 1})
    lines = summary.closing(FULL, ended, offline=True)
    assert lines[1:] == ["No model was used: the embedded rule reader answered.", "Skipped: undefined_points 1"]


def test_every_bound_has_words() -> None:
    """A new one is not shown by its code name."""
    assert set(summary.BOUNDS) == {f"{bound}" for bound in Bound}


@for_each(
    ("seconds", "text"), [(0, "0s"), (59.6, "1m00s"), (75, "1m15s"), (3_600, "1h00m"), (None, "–"), (float("inf"), "–")]
)
def test_durations_are_short(seconds: float | None, text: str) -> None:
    """Two units at most."""
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(0.00012, "$0.0001"), (0.5, "$0.5000"), (1, "$1.00"), (1_234.5, "$1,234.50")]
)
def test_money_has_the_digits_that_matter(amount: float, text: str) -> None:
    """Cents of cents where all is small."""
    assert words.money(amount) == text


@for_each(("number", "text"), [(0, "0"), (9_999, "9,999"), (12_345, "12.3k"), (4e6, "4M"), (2.5e9, "2.5G")])
def test_numbers_are_short(number: float, text: str) -> None:
    """Three digits are enough for a meter."""
    assert words.short(number) == text


async def test_a_quiet_console_shows_nothing_and_ends_at_once() -> None:
    """`--quiet` and `--json`: nothing waits for a redraw nobody sees."""
    out = io.StringIO()
    await panel.show(lambda: FULL, Console(file=out, quiet=True))
    assert not out.getvalue()


@pytest.mark.usefixtures("virtual_loop")
async def test_plain_lines_are_printed_when_something_happened() -> None:
    """The same line again says nothing, but once a minute that the run is alive."""
    out = io.StringIO()
    seen = [EMPTY]

    async def run() -> None:
        await asyncio.sleep(118)
        seen[0] = msgspec.structs.replace(EMPTY, done=1, parsed=1)
        await asyncio.sleep(10)

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(128):
            await asyncio.gather(run(), panel.show(lambda: seen[0], Console(file=out)))
    assert [text.partition(" ")[0] for text in out.getvalue().splitlines()] == ["0/10", "0/10", "1/10"]
