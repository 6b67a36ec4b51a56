import json
import signal
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from support.live import asking, asyncgeo, finish, kill_when, rows_of, serving, start, text_of, write_problems
from support.nodes import WITHOUT_RAY

from asyncgeo.schema import spelling
from asyncgeo.schema.records import Parsed
from asyncgeo.simulator import Endpoint, Options
from asyncgeo.simulator.faults import Fault, Received, Script, Spoiled
from asyncgeo.simulator.wire import WireCompletion
from asyncgeo.store import raw_answers, verdicts
from asyncgeo.verify import folder as verify

MODEL = "a-model"
IMPOSSIBLE = {"type": "angle_value", "points": [["A", "B", "C"]], "value": 170}
POSSIBLE = {"type": "angle_value", "points": [["A", "B", "C"]], "value": 70}
NUMBERS = "(图中标着70°和170°)"  # which the conditions above would otherwise be doubted for
WORSE = [{**IMPOSSIBLE, "points": [["B", "A", "C"]]}, {**IMPOSSIBLE, "points": [["A", "C", "B"]]}]


def saying(*conditions: dict[str, object]) -> Spoiled:
    """The right completion with further conditions, from a model."""

    def spoil(done: WireCompletion) -> WireCompletion:
        assert done.choices
        answer = json.loads(done.choices[0].message.content or "")
        answer["answer"]["facts"] += [{"type": each["type"], "of": spelling.spell(each)} for each in conditions]
        message = msgspec.structs.replace(done.choices[0].message, content=json.dumps(answer, ensure_ascii=False))
        choice = msgspec.structs.replace(done.choices[0], message=message)
        return msgspec.structs.replace(done, model=MODEL, choices=[choice])

    return Spoiled(spoil)


def number_of(text: str) -> int:
    """Of the problem with this text."""
    return next(k for k in range(1000) if text_of(k) + NUMBERS == text)


def script(wrong: Callable[[int], bool], *second: dict[str, object]) -> Script:
    """Answers of a model; wrong ones contradict themselves, and are corrected by `second`."""

    def choose(asked: Received) -> Fault:
        if not wrong(number_of(asked.problem)):
            return saying()
        return saying(POSSIBLE, IMPOSSIBLE) if asked.attempt == 1 else saying(*second)

    return choose


def latest(folder: Path) -> dict[str, Parsed]:
    """The last row of each id."""
    return {row.id: row for row in rows_of(folder) if isinstance(row, Parsed)}


ARGUMENTS = ("--input-dir", "in", "--output-dir", "out", "--verify", "--keep-raw")


def test_contradictions_are_mended_while_the_run_goes_on(tmp_path: Path) -> None:
    """Each is asked about once; the last row counts; verdicts and answers lie beside the rows, and are complete."""
    write_problems(tmp_path / "in", range(60), NUMBERS)
    with serving(Options(latency=0.01), script(lambda n: n % 10 == 0)) as endpoint:
        code, output = asyncgeo(*asking(endpoint, *ARGUMENTS), cwd=tmp_path)
        asked = dict(endpoint.stats.problems)
    assert code == 0, output
    assert "Verified 66 parses: 6 contradict themselves, 6 asked again (" in output
    assert "6 of them fixed" in output
    assert sorted(asked.values()) == [1] * 54 + [2] * 6
    rows = rows_of(tmp_path / "out")
    assert len(rows) == 66
    final = latest(tmp_path / "out")
    assert len(final) == 60
    assert all(IMPOSSIBLE not in row.verification_conditions for row in final.values())
    dataset = json.loads((tmp_path / "out" / "geoqa3_dataset.json").read_text(encoding="utf-8"))
    assert not any(IMPOSSIBLE in problem["verification_conditions"] for problem in dataset["problems"])
    answers = dict(raw_answers.read(tmp_path / "out"))
    assert sorted(len(each) for each in answers.values()) == [1] * 54 + [2] * 6
    assert verify.verify(tmp_path / "out", processes=1).judged == 0


def test_a_contradiction_that_stays_is_kept_and_marked(tmp_path: Path) -> None:
    """The smaller conflict, as the last row, with the cost of both questions."""
    write_problems(tmp_path / "in", range(5), NUMBERS)
    with serving(script=script(lambda n: n == 0, POSSIBLE, *WORSE)) as endpoint:
        code, output = asyncgeo(*asking(endpoint, *ARGUMENTS), cwd=tmp_path)
    assert code == 0, output
    assert "0 of them fixed" in output
    row = latest(tmp_path / "out")["0"]
    assert row.meta is not None
    assert row.meta.drawable is False
    assert row.meta.attempts == 2
    assert [each.meta.drawable for each in latest(tmp_path / "out").values() if each.meta].count(False) == 1


def test_rows_of_the_embedded_reader_are_only_judged(tmp_path: Path, simulator: Endpoint) -> None:
    """There is nobody to ask again."""
    write_problems(tmp_path / "in", range(10), NUMBERS)
    code, output = asyncgeo(*asking(simulator, *ARGUMENTS), cwd=tmp_path)
    assert set(simulator.stats.problems.values()) == {1}
    assert code == 0, output
    assert "Verified 10 parses: 0 contradict themselves." in output
    assert len(rows_of(tmp_path / "out")) == 10


def test_an_interrupted_run_drops_checks_and_verify_goes_on_with_them(tmp_path: Path) -> None:
    """Rows are safe; what has no verdict yet gets one later; nothing is judged twice."""
    write_problems(tmp_path / "in", range(100), NUMBERS)
    with serving(Options(latency=0.1), script(lambda n: n % 8 == 0)) as endpoint:
        process = start(*asking(endpoint, *ARGUMENTS, "--concurrency", 16), cwd=tmp_path)
        kill_when(process, lambda: len(endpoint.stats.problems) > 20, signal.SIGINT)
        code, output = finish(process)
    assert code == 130, output
    rows = latest(tmp_path / "out")
    assert 20 <= len(rows) < 100
    judged = len(verdicts.read(tmp_path / "out"))
    summary = verify.verify(tmp_path / "out", processes=1)
    assert {verdict.id for verdict in summary.verdicts} == rows.keys()
    assert len(summary.verdicts) == len(rows)
    assert len(verdicts.read(tmp_path / "out")) == judged + summary.judged
    assert {identifier for identifier, _ in raw_answers.read(tmp_path / "out")} == rows.keys()


def test_a_killed_run_leaves_every_answer_of_its_rows_but_those_of_the_last_batch(tmp_path: Path) -> None:
    """SIGKILL at any moment: the answers read, the same command goes on, and in the end nothing is missing."""
    write_problems(tmp_path / "in", range(200), NUMBERS)
    lost: set[str] = set()  # whose answers fell to earlier kills
    with serving(Options(latency=0.02)) as endpoint:
        for reached in (40, 90, 150):
            process = start(*asking(endpoint, *ARGUMENTS, "--concurrency", 8), cwd=tmp_path)
            kill_when(process, lambda reached=reached: len(endpoint.stats.problems) > reached)  # type: ignore[misc]
            finish(process)
            ids = [row.id for row in rows_of(tmp_path / "out")]
            without = set(ids) - {each for each, _ in raw_answers.read(tmp_path / "out")} - lost
            assert without == set(ids[len(ids) - len(without) :])  # the last that were written
            lost |= without
        code, output = asyncgeo(*asking(endpoint, *ARGUMENTS), cwd=tmp_path)
    assert code == 0, output
    assert {row.id for row in rows_of(tmp_path / "out")} == {str(k) for k in range(200)}


@pytest.mark.ray
@WITHOUT_RAY
def test_several_processes_verify_and_keep_answers_too(tmp_path: Path) -> None:
    """Answers come back with their rows; a contradiction is found, and it is said that nobody asks again."""
    write_problems(tmp_path / "in", range(40), NUMBERS)
    with serving(Options(latency=0.01), script(lambda n: n % 10 == 0, POSSIBLE)) as endpoint:
        code, output = asyncgeo(*asking(endpoint, *ARGUMENTS, "--processes", 2), cwd=tmp_path)
        assert set(endpoint.stats.problems.values()) == {1}
    assert code == 0, output
    assert "not asked about again" in output
    assert "Verified 40 parses: 4 contradict themselves." in output
    assert len(rows_of(tmp_path / "out")) == 40
    assert {identifier for identifier, _ in raw_answers.read(tmp_path / "out")} == {str(k) for k in range(40)}
