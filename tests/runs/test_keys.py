"""Problems that come with their answers: rows keep them, and no byte of them leaves."""

import json
from pathlib import Path
from typing import Any

import pytest
from support import scripted
from support.live import KEY, asking, asyncgeo, dataset_of, rows_of, serving, text_of

from asyncgeo.schema.records import Failed, Parsed

ODD = "71.3519"
KEYED: dict[str, Any] = {"choices": ["30°", f"{ODD}°", "50°"], "label": 1, "answer": f"∴∠ABC={ODD}°.故选B"}
OUT = "out"


def prepare(folder: Path, number: int = 3) -> None:
    (folder / "in").mkdir()
    for each in range(number):
        record = {"id": each, "subject": text_of(each), "comment": ODD, **KEYED}
        (folder / "in" / f"{each}.json").write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")


def keys_of(folder: Path) -> list[dict[str, Any]]:
    rows = rows_of(folder)
    assert not any(isinstance(row, Failed) for row in rows)
    lines = (line for path in folder.glob("dataset_*.jsonl") for line in path.read_text(encoding="utf-8").splitlines())
    return [{name: json.loads(line).get(name) for name in KEYED} for line in lines]


@pytest.mark.parametrize("pack", [1, 3])
def test_no_byte_of_a_key_is_sent(pack: int, tmp_path: Path) -> None:
    """Whatever is asked, alone or several at once, the requests hold the texts and nothing of the keys."""
    prepare(tmp_path)
    with scripted.serving(lambda asked: scripted.answer(asked.text)) as server:
        flags = ("--base-url", server.url, "--model", "m", "-i", "in", "-o", OUT, "--pack", pack)
        asyncgeo("run", *flags, cwd=tmp_path, OPENAI_API_KEY=KEY)
    assert server.asked
    for asked in server.asked:
        sent = json.dumps([asked.body, dict(asked.headers)], ensure_ascii=False)
        assert text_of(0) in sent or text_of(1) in sent or text_of(2) in sent
        assert ODD not in sent
        assert "choices" not in sent


@pytest.mark.parametrize("more", [("--pack", 3), ("--batch",)])
def test_rows_keep_the_key_however_they_are_asked(more: tuple[object, ...], tmp_path: Path) -> None:
    """In packs and through batches; and in rows that are made again, and in the dataset."""
    prepare(tmp_path)
    with serving() as endpoint:
        code, said = asyncgeo(*asking(endpoint, "-i", "in", "-o", OUT, "--keep-raw", *more), cwd=tmp_path)
    assert code == 0, said
    assert keys_of(tmp_path / OUT) == [KEYED] * 3
    for path in (tmp_path / OUT).glob("dataset_*.jsonl"):
        path.unlink()
    assert asyncgeo("reparse", "--output-dir", OUT, cwd=tmp_path)[0] == 0
    assert keys_of(tmp_path / OUT) == [KEYED] * 3
    assert asyncgeo("merge", "--output-dir", OUT, cwd=tmp_path)[0] == 0
    assert [{name: each[name] for name in KEYED} for each in dataset_of(tmp_path / OUT)["problems"]] == [KEYED] * 3


def test_a_key_changes_no_prompt_and_no_verdict(tmp_path: Path) -> None:
    """The row is the same but for the key, and so is the prompt's digest."""
    rows: list[Parsed] = []
    for members in ({}, KEYED):
        folder = tmp_path / str(len(rows))
        (folder / "in").mkdir(parents=True)
        (folder / "in" / "0.json").write_text(json.dumps({"id": 0, "subject": text_of(0), **members}), encoding="utf-8")
        with serving() as endpoint:
            asyncgeo(*asking(endpoint, "-i", "in", "-o", OUT), cwd=folder)
        (row,) = rows_of(folder / OUT)
        assert isinstance(row, Parsed)
        rows.append(row)
    bare, keyed = rows
    assert bare.meta is not None
    assert keyed.meta is not None
    assert bare.meta.prompt == keyed.meta.prompt != ""
    assert bare.verification_conditions == keyed.verification_conditions
    assert (bare.choices, bare.label, bare.answer) == ((), None, "")
    assert (list(keyed.choices), keyed.label, keyed.answer) == tuple(KEYED.values())
