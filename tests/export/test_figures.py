"""What is the same for every format with a file a problem."""

import json
import shutil
from pathlib import Path

import pytest
from support.datasets import parse, put
from support.exports import CONTRADICTION, TRIANGLE, dataset

import asyncgeo
from asyncgeo.errors import ConfigError, InputError
from asyncgeo.export.outlet import file_name


def test_a_folder_holds_a_file_a_problem_and_a_record(tmp_path: Path) -> None:
    """What cannot be drawn has no file; it and what the format does not say are named in the record."""
    done = asyncgeo.export("geobuild", dataset(tmp_path, [TRIANGLE, CONTRADICTION]))
    assert done.output == tmp_path / "export_geobuild"
    assert {each.name for each in done.output.iterdir()} == {"17.txt", "_problems.json", "_export.json"}
    record = json.loads((done.output / "_export.json").read_text(encoding="utf-8"))
    assert record == {
        "asyncgeo": "export",
        "files": ["17.txt", "_problems.json"],
        "format": "geobuild",
        "not_drawn": {CONTRADICTION["id"]: "contradictory"},
        "unsaid": {"17": ["sin∠B=0.9"]},
    }
    assert (done.written, done.not_drawn, done.unsaid) == (1, record["not_drawn"], {"17": ("sin∠B=0.9",)})


def test_the_best_row_of_each_id_of_a_folder_is_exported(tmp_path: Path) -> None:
    """As a merge chooses it; lines that are no parse are passed over."""
    old = [{"type": "parallel", "objects": [["A", "B"], ["C", "D"]]}]
    new = [{"type": "perpendicular", "objects": [["A", "B"], ["C", "D"]]}]
    late = parse("1", at="2026-11-24T12:00:00+00:00", verification_conditions=new)
    put(tmp_path, [parse("1", verification_conditions=old)], [late, b"no row\n", parse("2")])
    done = asyncgeo.export("tikz", tmp_path)
    assert done.written == 2
    assert "% AB ⊥ CD" in (tmp_path / "export_tikz" / "1.tex").read_text(encoding="utf-8")


def test_ids_choose_and_an_unknown_one_is_an_error(tmp_path: Path) -> None:
    """A typing error must not look like a small export."""
    source = dataset(tmp_path, [TRIANGLE, {**TRIANGLE, "id": "18"}])
    assert asyncgeo.export("tikz", source, tmp_path / "some", ids=["18"]).written == 1
    with pytest.raises(InputError, match=r"no parse of '19'"):
        asyncgeo.export("tikz", source, ids=["17", "19"])


def test_one_problem_may_be_one_file(tmp_path: Path) -> None:
    """Where the output has the format's suffix; several problems need a folder."""
    source = dataset(tmp_path, [TRIANGLE, {**TRIANGLE, "id": "18"}, CONTRADICTION])
    done = asyncgeo.export("tikz", source, tmp_path / "figure.tex", ids=["17"])
    assert (done.output.is_file(), done.unsaid) == (True, {"17": ("sin∠B=0.9",)})
    with pytest.raises(InputError, match="is there already"):
        asyncgeo.export("tikz", source, tmp_path / "figure.tex", ids=["17"])
    assert asyncgeo.export("tikz", source, tmp_path / "figure.tex", ids=["18"], force=True).written == 1
    with pytest.raises(InputError, match="one file, and there are 3 problems"):
        asyncgeo.export("tikz", source, tmp_path / "all.tex")
    with pytest.raises(InputError, match="cannot be drawn: contradictory"):
        asyncgeo.export("tikz", source, tmp_path / "none.tex", ids=[CONTRADICTION["id"]])
    assert not (tmp_path / "none.tex").exists()


def test_exported_again_a_folder_holds_the_new_files_alone(tmp_path: Path) -> None:
    """Files of an earlier export are its own to replace and to take away; a killed one's leftovers go too."""
    source, output = dataset(tmp_path, [TRIANGLE, {**TRIANGLE, "id": "18"}]), tmp_path / "out"
    asyncgeo.export("tikz", source, output)
    (output / "mine.txt").write_text("mine", encoding="utf-8")
    (stale := tmp_path / ".out.0badcafe.999999999.part").mkdir()
    asyncgeo.export("tikz", source, output, ids=["18"])
    assert {each.name for each in output.iterdir()} == {"18.tex", "_export.json", "mine.txt"}
    assert not stale.exists()


def test_what_no_export_wrote_is_not_replaced(tmp_path: Path) -> None:
    """Unless that is wanted; nothing else is written either."""
    source, output = dataset(tmp_path), tmp_path / "out"
    output.mkdir()
    (output / "17.tex").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"17\.tex is there and no export wrote it"):
        asyncgeo.export("tikz", source, output)
    assert [each.name for each in output.iterdir()] == ["17.tex"]
    asyncgeo.export("tikz", source, output, force=True)
    assert "tikzpicture" in (output / "17.tex").read_text(encoding="utf-8")


def test_an_export_that_was_killed_can_be_repeated(tmp_path: Path) -> None:
    """Its record names the files before they are there, so they are no stranger's to the next."""
    source, output = dataset(tmp_path), tmp_path / "out"
    asyncgeo.export("tikz", source, output)
    whole = shutil.copytree(output, tmp_path / "killed")
    (whole / "17.tex").unlink()
    assert asyncgeo.export("tikz", source, whole).written == 1


def test_edited_records_reach_no_file_outside(tmp_path: Path) -> None:
    """Only what lies in the folder is taken away."""
    source, output, outside = dataset(tmp_path), tmp_path / "out", tmp_path / "outside"
    asyncgeo.export("tikz", source, output)
    outside.write_text("mine", encoding="utf-8")
    names = ["../outside", str(outside), 5, "17.tex"]
    (output / "_export.json").write_text(json.dumps({"asyncgeo": "export", "files": names}), encoding="utf-8")
    asyncgeo.export("tikz", source, output)
    assert outside.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("identifier", "name"),
    [("17", "17.tex"), ("a/b", "a%2Fb.tex"), ("..", "%2E..tex"), ("-rf", "%2Drf.tex"), ("_export", "%5Fexport.tex")],
)
def test_ids_are_names_of_files_in_the_folder(identifier: str, name: str) -> None:
    """Whatever they hold, and no two the same."""
    assert file_name(identifier, ".tex") == name


def test_long_ids_have_names_that_a_file_may_have() -> None:
    """Two that differ at their ends have two."""
    names = {file_name("字" * 90 + end, ".tex") for end in "ab"}
    assert len(names) == 2
    assert max(map(len, names)) <= 255


def test_what_is_wrong_is_said_with_a_remedy(tmp_path: Path) -> None:
    """No format, no parse, no verdict, nothing there."""
    source = dataset(tmp_path)
    for wrong, message in (
        ({"format": "pdf"}, "no format 'pdf'"),
        ({"format": "geobuild", "standalone": True}, "no format 'geobuild' as a whole document"),
        ({"source": tmp_path / "none.json"}, "cannot be read"),
        ({"source": dataset(tmp_path / "empty", [])}, "holds no parse"),
        ({"only": "drawable"}, "does not say which parses are drawable"),
        ({"only": "pretty"}, "only = 'pretty' is not allowed"),
        ({"output": source}, "is no folder"),
    ):
        with pytest.raises((ConfigError, InputError), match=message) as raised:
            asyncgeo.export(**{"format": "tikz", "source": source, **wrong})  # type: ignore[arg-type]
        assert raised.value.remedy


def test_only_what_verify_found_drawable(tmp_path: Path) -> None:
    """By the verdicts beside the shards, as a merge counts them."""
    from asyncgeo.verify.folder import verify  # noqa: PLC0415

    bad = parse("2", verification_conditions=CONTRADICTION["verification_conditions"])
    put(tmp_path, [parse("1"), bad])
    verify(tmp_path, processes=1)
    done = asyncgeo.export("tikz", tmp_path, only="drawable")
    assert (done.written, done.not_drawn) == (1, {})
    dataset = asyncgeo.merge(tmp_path).output
    assert asyncgeo.export("tikz", dataset, tmp_path / "again", only="drawable").written == 1
