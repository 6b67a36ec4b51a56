"""Whole runs against servers whose answers hold what no row may hold: the folder stays usable."""

import json
from pathlib import Path
from typing import Any

from support import scripted
from support.live import KEY, asyncgeo, dataset_of, rows_of, text_of, write_problems
from support.scripted import Asked, Reply, completion, parse_of

from asyncgeo.schema.records import Parsed, Row


def run(folder: Path, number: int, **changes: Any) -> tuple[str, dict[str, Row]]:
    """A run over `number` problems; problem 1 is answered with these changes, the others well."""

    def answer(asked: Asked) -> Reply:
        answer = {**parse_of(asked.text), **(changes if asked.text == text_of(1) else {})}
        written = json.dumps(answer, ensure_ascii=True)
        for name, value in changes.items():
            if name == "cleaned_text":
                written = written.replace(json.dumps(value), f'"{value}"')
        return Reply(200, completion(written))

    write_problems(folder / "in", range(number))
    flags = ("run", "-i", "in", "--model", "m")
    with scripted.serving(answer) as server:
        code, output = asyncgeo(*flags, "--base-url", server.url, cwd=folder, OPENAI_API_KEY=KEY)
        assert code == 0, output
        asked = len(server.asked)
        code, output = asyncgeo(*flags, "--base-url", server.url, cwd=folder, OPENAI_API_KEY=KEY)
        assert code == 0, output
        assert len(server.asked) == asked, "the second run found rows to ask for again"
    code, output = asyncgeo("merge", "-o", "ground_truth", cwd=folder)
    assert code == 0, output
    rows = {row.id: row for row in rows_of(folder / "ground_truth")}
    assert len(rows) == dataset_of(folder / "ground_truth")["metadata"]["total_problems"] == number
    return output, rows


def test_a_difficulty_of_two_point_nought(tmp_path: Path) -> None:
    """It is 2; merge and resume work on the folder."""
    _, rows = run(tmp_path, 6, difficulty=2.0)
    row = rows["1"]
    assert isinstance(row, Parsed)
    assert (row.source, row.difficulty) == ("model", 2)


def test_a_lone_surrogate(tmp_path: Path) -> None:
    """It is replaced, with a finding; the run does not end."""
    _, rows = run(tmp_path, 6, cleaned_text=r"AB=5 \ud800")
    row = rows["1"]
    assert isinstance(row, Parsed)
    assert (row.source, row.cleaned_text) == ("model", "AB=5 \ufffd")
    assert row.meta is not None
    assert len(row.meta.findings) == 1


def test_latex_with_single_backslashes(tmp_path: Path) -> None:
    """What JSON took for escapes is LaTeX again, in every text of the row."""
    _, rows = run(tmp_path, 6, cleaned_text=r"\triangle AEF, \beta=\frac{1}{2}, AB\neq CD")
    row = rows["1"]
    assert isinstance(row, Parsed)
    assert row.cleaned_text == row.subject == r"\triangle AEF, \beta=\frac{1}{2}, AB\neq CD"
    assert row.meta is not None
    assert len(row.meta.findings) == 1


def test_one_answer_for_every_text_is_no_dataset(tmp_path: Path) -> None:
    """A server that gives everybody the same parse: not one row says that the model parsed it."""
    constant = json.dumps(parse_of("△XYZ"))
    write_problems(tmp_path / "in", range(6))
    with scripted.serving(lambda _: Reply(200, completion(constant))) as server:
        asyncgeo("run", "-i", "in", "--model", "m", "--base-url", server.url, cwd=tmp_path, OPENAI_API_KEY=KEY)
    rows = rows_of(tmp_path / "ground_truth")
    assert [row for row in rows if isinstance(row, Parsed) and row.source == "model"] == []
