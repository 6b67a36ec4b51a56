import json
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from support.live import asking, asyncgeo, finish, kill_when, rows_of, serving, start, text_of, write_problems
from support.nodes import WITHOUT_RAY

from asyncgeo.schema.records import RULES_MODEL, Parsed
from asyncgeo.simulator import Options
from asyncgeo.simulator.faults import Fault, Received, Script, Slow, Spoiled
from asyncgeo.simulator.wire import WireCompletion
from asyncgeo.store import verdicts
from asyncgeo.views.status import Watcher

MODEL = "a-model"
ALONE = frozenset(map(text_of, range(100)))  # texts of problems that are asked about alone
EQUAL = "segment_equality"  # read in the text of every fifth problem


def without(*kinds: str) -> Spoiled:
    """The right completion without facts of these types, from a model."""

    def spoil(done: WireCompletion) -> WireCompletion:
        assert done.choices
        content = json.loads(done.choices[0].message.content or "")
        for each in content.get("answers", [content]):
            each["answer"]["facts"] = [fact for fact in each["answer"]["facts"] if fact["type"] not in kinds]
        message = msgspec.structs.replace(done.choices[0].message, content=json.dumps(content, ensure_ascii=False))
        choice = msgspec.structs.replace(done.choices[0], message=message)
        return msgspec.structs.replace(done, model=MODEL, choices=[choice])

    return Spoiled(spoil)


def is_first(asked: Received) -> bool:
    return asked.attempt == 1


def is_pack(asked: Received) -> bool:
    return asked.problem not in ALONE


def script(is_first: Callable[[Received], bool], second: Fault) -> Script:
    """A model that leaves a fact out of its first answer."""
    return lambda asked: without(EQUAL) if is_first(asked) else second


def latest(folder: Path) -> dict[str, Parsed]:
    """The last row of each id."""
    return {row.id: row for row in rows_of(folder) if isinstance(row, Parsed)}


def disputed(folder: Path) -> dict[str, tuple[str, ...]]:
    """What is in dispute, by id."""
    return {key: row.meta.disputed for key, row in latest(folder).items() if row.meta and row.meta.disputed}


ARGUMENTS = ("--input-dir", "in", "--output-dir", "out", "--review")


@pytest.mark.parametrize(("is_first", "how"), [(is_first, ()), (is_pack, ("--pack", 5))], ids=["alone", "packs"])
def test_what_a_model_left_out_is_asked_for_once(
    tmp_path: Path, is_first: Callable[[Received], bool], how: tuple[object, ...]
) -> None:
    """The better row is the last; all witnesses agree on it; what the second questions cost is told."""
    write_problems(tmp_path / "in", range(40))
    with serving(script=script(is_first, without())) as endpoint:
        code, output = asyncgeo(*asking(endpoint, *ARGUMENTS, *how), cwd=tmp_path)
        assert endpoint.stats.requests == (8 if how else 40) + 8
    assert code == 0, output
    assert "8 asked again (" in output, output
    assert "8 of them fixed; witnesses agree on 40 and dispute 0." in output.replace("\n", " "), output
    rows = latest(tmp_path / "out")
    assert all(any(each["type"] == EQUAL for each in rows[str(k)].verification_conditions) for k in range(0, 40, 5))
    assert disputed(tmp_path / "out") == {}
    found = verdicts.read(tmp_path / "out").values()
    assert sorted(each.standing for each in found) == ["agreed"] * 40 + ["disputed"] * 8
    dataset = json.loads((tmp_path / "out" / "geoqa3_dataset.json").read_text(encoding="utf-8"))
    assert dataset["metadata"]["quality"]["reviews"] == {"agreed": 40}
    assert {problem["quality"]["review"] for problem in dataset["problems"]} == {"agreed"}


def test_what_stays_in_dispute_is_marked_with_the_reason(tmp_path: Path) -> None:
    """With the words of the text; what the second question cost is told apart."""
    write_problems(tmp_path / "in", range(5))
    prices = f'[prices."{RULES_MODEL}"]\ninput = 100.0\ncached_input = 10.0\noutput = 100.0\n'
    (tmp_path / "config.toml").write_text(prices, encoding="utf-8")
    with serving(script=script(is_first, without(EQUAL))) as endpoint:
        code, output = asyncgeo(*asking(endpoint, *ARGUMENTS), cwd=tmp_path)
        assert sorted(endpoint.stats.problems.values()) == [1, 1, 1, 1, 2]
    assert code == 0, output
    assert re.search(r"1 asked again \([\d,]+ tokens, \$\d", output), output
    assert "witnesses agree on 4 and dispute 1" in output.replace("\n", " ")
    status = Watcher(tmp_path / "out").look()
    assert status.verified.reviews == {"agreed": 4, "disputed": 1}
    assert " · agreed 4 · disputed 1" in asyncgeo("status", "-o", "out", cwd=tmp_path)[1]
    ((identifier, (reason,)),) = disputed(tmp_path / "out").items()
    assert identifier == "0"
    assert reason.startswith("text: «AB=AC» {")


@pytest.mark.parametrize("how", ["--batch", "--batch-only"])
def test_answers_of_a_batch_are_reviewed_and_asked_about_live(tmp_path: Path, how: str) -> None:
    """Unless nothing may be asked live: then what is in dispute is marked at once, and it is said."""
    write_problems(tmp_path / "in", range(10))
    flags = dict.fromkeys(("--batch", how))
    with serving(Options(batch_seconds=0), script(is_first, without())) as endpoint:
        code, output = asyncgeo(*asking(endpoint, *ARGUMENTS, *flags), cwd=tmp_path)
    output = output.replace("\n", " ")
    assert code == 0, output
    if how == "--batch":
        assert "2 of them fixed; witnesses agree on 10" in output
    else:
        assert "not asked about again" in output
        assert disputed(tmp_path / "out").keys() == {"0", "5"}


def test_a_review_that_is_killed_loses_no_first_answer(tmp_path: Path) -> None:
    """SIGKILL while second questions are open: every first row is there, and the same command asks none of them."""
    write_problems(tmp_path / "in", range(10))
    with serving(script=script(is_first, Slow())) as endpoint:
        process = start(*asking(endpoint, *ARGUMENTS), cwd=tmp_path)
        kill_when(process, lambda: list(endpoint.stats.problems.values()).count(2) == 2)
        finish(process)
        there = latest(tmp_path / "out").keys()
        assert {"0", "5"} <= there
        code, output = asyncgeo(*asking(endpoint, *ARGUMENTS), cwd=tmp_path)
        assert code == 0, output
        asked = [endpoint.stats.problems[text_of(int(each))] for each in there]
    assert latest(tmp_path / "out").keys() == set(map(str, range(10)))
    assert sorted(asked) == [1] * (len(there) - 2) + [2, 2]


@pytest.mark.ray
@WITHOUT_RAY
def test_rows_of_several_workers_are_reviewed_and_not_asked_about(tmp_path: Path) -> None:
    """It is said, and what is in dispute is marked."""
    write_problems(tmp_path / "in", range(10))
    with serving(script=script(is_first, without())) as endpoint:
        code, output = asyncgeo(*asking(endpoint, *ARGUMENTS, "--ray", "local", "--processes", 2), cwd=tmp_path)
        assert set(endpoint.stats.problems.values()) == {1}
    assert code == 0, output
    assert "not asked about again" in output
    assert disputed(tmp_path / "out").keys() == {"0", "5"}
