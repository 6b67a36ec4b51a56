import json
import signal
from pathlib import Path

import pytest
from support import scripted
from support.live import (
    KEY,
    UNCHECKED,
    asking,
    asyncgeo,
    finish,
    kill_when,
    rows_of,
    serving,
    start,
    text_of,
    write_problems,
)

from asyncgeo.schema.records import Parsed, Row

MISREAD = "如图,在▱ABCD中,已知AD=6cm,AB=8cm,CE平分∠BCD交BC边于点E,则AE的长为()"
CHECKED = {UNCHECKED: "true"}
_MANY = 400  # more than may wait for their check at once
WORDS = "dropped, it contradicts the rest: 交BC边于点E"


def write_problem(folder: Path, number: int, text: str = MISREAD) -> None:
    content = json.dumps({"id": number, "subject": text}, ensure_ascii=False)
    (folder / f"{number}.json").write_text(content, encoding="utf-8")


def found(rows: list[Row]) -> dict[str, str]:
    """What the check found of each parse."""
    return {row.id: row.meta.checked for row in rows if isinstance(row, Parsed) and row.meta is not None}


def blocked(folder: Path) -> dict[str, str]:
    """The environment of a process in which asking for numpy fails and leaves a mark."""
    (folder / "block").mkdir()
    (folder / "block" / "numpy.py").write_text(f"open({str(folder / 'asked')!r}, 'w').close()\nraise ImportError\n")
    return {"PYTHONPATH": str(folder / "block")}


def test_an_offline_run_draws_what_it_writes_and_says_what_was_odd(tmp_path: Path) -> None:
    """A misread is repaired before its row is written; raw answers made again say the same; a parse shows it too."""
    write_problem(write_problems(tmp_path / "in", range(6)), 6)
    code, output = asyncgeo("run", "--offline", "-i", "in", "-o", "out", "--keep-raw", cwd=tmp_path, **CHECKED)
    assert code == 0, output
    assert "Of 7 parses by the rules 6 can be drawn, 1 only without a clause that contradicts the rest." in output
    rows = rows_of(tmp_path / "out")
    assert found(rows) == {**{str(k): "drawable" for k in range(6)}, "6": "repaired"}
    misread = next(row for row in rows if row.id == "6")
    assert misread.meta is not None
    assert WORDS in misread.meta.findings
    assert asyncgeo("reparse", "-o", "out", cwd=tmp_path, **CHECKED)[0] == 0
    assert rows_of(tmp_path / "out") == rows
    code, output = asyncgeo("parse", "--offline", MISREAD, cwd=tmp_path, **CHECKED)
    assert WORDS in output, output


def test_a_model_s_run_loads_no_numpy_until_the_rules_stand_in(tmp_path: Path) -> None:
    """No process, no import, no mark while the model answers, or where nothing is drawn; what it fails on is drawn."""
    write_problems(tmp_path / "in", range(20))
    with serving() as endpoint:
        without = {**CHECKED, **blocked(tmp_path)}
        for arguments in (asking(endpoint, "-i", "in", "-o", "out"), ("status", "-o", "out"), ("--version",)):
            code, output = asyncgeo(*arguments, cwd=tmp_path, **without)
            assert code == 0, output
    assert not (tmp_path / "asked").exists()
    assert set(found(rows_of(tmp_path / "out")).values()) == {""}
    write_problem(tmp_path / "in", 20)

    def refuse_one(asked: scripted.Asked) -> scripted.Reply:
        if asked.text != MISREAD:
            return scripted.answer(asked.text)
        return scripted.error(400, "flagged", code="content_filter", type="invalid_request_error")

    with scripted.serving(refuse_one) as server:
        arguments = ("run", "-i", "in", "-o", "other", "--base-url", server.url, "--model", "m", "--keep-raw")
        code, output = asyncgeo(*arguments, cwd=tmp_path, **CHECKED, OPENAI_API_KEY=KEY)
    assert code == 4, output
    rows = {row.id: row for row in rows_of(tmp_path / "other")}
    stand_in = rows["20"]
    assert isinstance(stand_in, Parsed)
    assert stand_in.stands_in
    assert {each for each, mark in found(list(rows.values())).items() if mark} == {"20"}
    assert found([stand_in]) == {"20": "repaired"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_offline_run_that_ends_early_goes_on_later(tmp_path: Path, number: int) -> None:
    """Rows that were waiting for their check are finished, or asked again: in the end each has one, and is checked."""
    (tmp_path / "in").mkdir()
    for each in range(_MANY):
        write_problem(tmp_path / "in", each, text_of(each % 10 * 5))  # the quickest to draw
    arguments = ("run", "--offline", "-i", "in", "-o", "out")
    process = start(*arguments, cwd=tmp_path, **CHECKED)
    kill_when(process, lambda: (tmp_path / "out").exists() and len(rows_of(tmp_path / "out")) > 20, number)
    finish(process)
    before = len(rows_of(tmp_path / "out"))
    assert 20 < before < _MANY
    code, output = asyncgeo(*arguments, cwd=tmp_path, **CHECKED)
    assert code == 0, output
    rows = rows_of(tmp_path / "out")
    assert len(rows) == _MANY
    assert found(rows) == dict.fromkeys(map(str, range(_MANY)), "drawable")
