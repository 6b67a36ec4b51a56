import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="the Hub's files need asyncgeo[hub]")

import pyarrow.parquet as pq
from support.datasets import parse, put
from support.hub import TOKEN, Hub, hub

import asyncgeo
from asyncgeo.errors import ConfigError, InputError, ShardError

WRONG = TOKEN.replace("loopback", "wrong")
needs_client = pytest.mark.skipif(
    importlib.util.find_spec("huggingface_hub") is None, reason="pushing needs huggingface_hub: asyncgeo[hub]"
)


def folder(tmp_path: Path, count: int = 40) -> Path:
    put(tmp_path, [parse(str(k), unexpressed=("tan=2",) if k == 3 else ()) for k in range(count)])
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "secret.log").write_text(TOKEN, encoding="utf-8")
    return tmp_path


def front_matter(card: str) -> dict[str, Any]:
    """The card's YAML, of which each value is JSON here, nested lists apart."""
    found: dict[str, Any] = {}
    for line in card.split("---\n")[1].splitlines():
        key, _, value = line.strip().removeprefix("- ").partition(": ")
        if line.strip().startswith("- {"):
            found.setdefault("items", []).append(json.loads(line.strip()[2:]))
        elif value:
            found[key] = json.loads(value)
    return found


def test_a_folder_is_parquet_and_a_card(tmp_path: Path) -> None:
    """Splits with their sizes, counts, models and what no condition says."""
    done = asyncgeo.export("hub", folder(tmp_path), split="train=0.8,test=0.2", licence="cc-by-4.0")
    assert (done.output, done.written, done.unsaid) == (tmp_path / "export_hub", 40, {"3": ("tan=2",)})
    names = {each.relative_to(done.output).as_posix() for each in done.output.rglob("*") if each.is_file()}
    assert names == {"README.md", "_export.json", "data/train.parquet", "data/test.parquet"}
    rows = {name: pq.read_table(done.output / f"data/{name}.parquet").num_rows for name in ("train", "test")}
    card = (done.output / "README.md").read_text(encoding="utf-8")
    told = front_matter(card)
    assert told["license"] == "cc-by-4.0"
    assert told["language"] == ["zh"]
    assert told["size_categories"] == ["n<1K"]
    files, splits = told["items"][:2], told["items"][2:]
    assert files == [{"split": name, "path": f"data/{name}.parquet"} for name in ("train", "test")]
    assert {each["name"]: each["num_examples"] for each in splits} == rows
    assert sum(rows.values()) == 40
    assert "| m | 40 |" in card
    assert TOKEN not in card


def test_all_rows_have_one_shape(tmp_path: Path) -> None:
    """What is nested is JSON in text."""
    done = asyncgeo.export("hub", folder(tmp_path, 3))
    table = pq.read_table(done.output / "data" / "train.parquet").to_pylist()
    assert json.loads(table[0]["verification_conditions"])[0]["type"] == "parallel"
    assert not (tmp_path / "geoqa3_dataset.parquet").exists()


def test_exported_again_it_has_the_new_splits_alone(tmp_path: Path) -> None:
    """Files of the earlier export go; a README that no export wrote stays."""
    source = folder(tmp_path)
    asyncgeo.export("hub", source, split="train=0.5,test=0.5")
    done = asyncgeo.export("hub", source)
    assert [each.name for each in (done.output / "data").iterdir()] == ["train.parquet"]
    (other := tmp_path / "other").mkdir()
    (other / "README.md").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"README\.md is there and no export wrote it"):
        asyncgeo.export("hub", source, other)


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    """No folder, no shard, no ids; before anything is written."""
    with pytest.raises(InputError, match="is no folder"):
        asyncgeo.export("hub", tmp_path / "dataset.json")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ShardError):
        asyncgeo.export("hub", tmp_path / "empty")
    with pytest.raises(ConfigError, match="ids go with figures"):
        asyncgeo.export("hub", tmp_path, ids=["1"])
    with pytest.raises(ConfigError, match="split: 'train' is no name=share"):
        asyncgeo.export("hub", folder(tmp_path), split="train")


def push(source: Path, held: Hub, *flags: str, token: str = TOKEN, answer: str = "") -> tuple[int, str]:
    """`asyncgeo export hub … --push` against the server."""
    environment = {
        "HF_ENDPOINT": held.url,
        "HF_TOKEN": token,
        "HF_HOME": str(source / "hf"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "NO_PROXY": "*",
        "PATH": "/usr/bin:/bin",
    }
    command = ["export", "hub", str(source), "--push", "owner/geometry", *flags]
    start = [sys.executable, "-m", "asyncgeo", *command]
    done = subprocess.run(
        start, env=environment, input=answer, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout + done.stderr


@needs_client
@pytest.mark.slow
def test_a_push_sends_the_files_to_a_private_repository(tmp_path: Path) -> None:
    """The card and the data, nothing else of the folder, and no token on the screen."""
    source = folder(tmp_path)
    with hub() as held:
        code, output = push(source, held, "--licence", "mit", "--yes")
    assert code == 0, output
    assert held.private is True
    assert held.files.keys() == {"README.md", "data/train.parquet"}
    assert all(content == (source / "export_hub" / name).read_bytes() for name, content in held.files.items())
    assert TOKEN not in output
    assert "owner/geometry" in output


@needs_client
@pytest.mark.slow
def test_everybody_sees_it_only_where_that_is_said(tmp_path: Path) -> None:
    """A new repository is public with --public; one that is public already is left alone without."""
    source = folder(tmp_path)
    with hub() as held:
        assert push(source, held, "--licence", "mit", "--public", "--yes")[0] == 0
        assert held.private is False
    with hub(private=False) as held:
        code, output = push(source, held, "--licence", "mit", "--yes")
    assert code == 1
    assert "everybody can see it; nothing was sent" in " ".join(output.split())
    assert held.files == {}


@needs_client
@pytest.mark.slow
def test_nothing_is_sent_without_a_licence_or_a_yes(tmp_path: Path) -> None:
    """Neither to a question answered by nobody nor to one answered with no."""
    source = folder(tmp_path)
    with hub() as held:
        code, output = push(source, held, "--yes")
        assert (code, "names no licence" in " ".join(output.split())) == (1, True)
        for answer in ("", "n\n"):
            code, output = push(source, held, "--licence", "mit", answer=answer)
            assert code == 1
            assert "only you see it?" in " ".join(output.split())
        assert held.paths == []
        assert push(source, held, "--licence", "mit", answer="y\n")[0] == 0
        assert held.files.keys() == {"README.md", "data/train.parquet"}


@needs_client
@pytest.mark.slow
def test_a_refused_token_is_an_error_that_hides_it(tmp_path: Path) -> None:
    """With what to do; the files stay where they were exported."""
    source = folder(tmp_path)
    with hub() as held:
        code, output = push(source, held, "--licence", "mit", "--yes", token=WRONG)
    assert code == 1
    assert "hf auth login" in " ".join(output.split())
    assert "wrongToken" not in output
    assert "Traceback" not in output
    assert (source / "export_hub" / "README.md").exists()
