"""Who installs in a month gets what was tested: bounds in pyproject.toml, and `requirements.lock`."""

import re
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.version import Version
from support.cases import for_each

ROOT = Path(__file__).resolve().parents[1]
WHOLE: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT: dict[str, Any] = WHOLE["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
DIRECT = [Requirement(each) for each in (*PROJECT["dependencies"], *EXTRAS["test"])]
"""What `pip install -e '.[test]'` asks for itself."""
ALL = {
    need
    for group in (PROJECT["dependencies"], *EXTRAS.values(), *WHOLE["dependency-groups"].values())
    for each in group
    if (need := Requirement(each)).name != PROJECT["name"]
}

LINE = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[0-9.a-z]+)(?P<hashes>( \\\n    --hash=sha256:[0-9a-f]{64})+)\n")


def locked() -> dict[str, Version]:
    return {each["name"]: Version(each["version"]) for each in LINE.finditer(LOCK)}


def test_the_lock_is_names_versions_and_hashes() -> None:
    """Nothing else stands in it: no address, no file, no option; so it installs from whichever index is set."""
    rest = LINE.sub("", LOCK)
    assert all(line.startswith("#") for line in rest.splitlines()), rest
    assert not re.search(r"://|file:|index", LOCK)


@for_each("wanted", DIRECT, ids=str)
def test_the_lock_holds_every_direct_dependency_within_its_bounds(wanted: Requirement) -> None:
    """The tested set is one that pyproject.toml allows."""
    assert wanted.specifier.contains(locked()[wanted.name])


def test_the_lock_holds_what_its_packages_need() -> None:
    """It is whole, so that `--no-deps` lacks nothing: what is installed here of the lock finds its own needs in it."""
    installed = {each.name.lower().replace("_", "-"): each for each in metadata.distributions()}
    same = [
        name for name, version in locked().items() if name in installed and Version(installed[name].version) == version
    ]
    for name in same:
        for text in installed[name].requires or ():
            need = Requirement(text)
            if need.marker is None or need.marker.evaluate({"extra": ""}):
                assert need.name.lower().replace("_", "-") in locked(), f"{name} needs {need}"


@for_each("wanted", sorted(ALL, key=str), ids=str)
def test_every_dependency_is_bounded_by_what_was_tested(wanted: Requirement) -> None:
    """A library at 0.x ends before the next minor version, any other before the next major one."""
    bounds = {each.operator: Version(each.version) for each in wanted.specifier}
    assert bounds.keys() == {">=", "<"}
    low, high = bounds[">="], bounds["<"]
    tested = locked().get(wanted.name, low)
    after = Version(f"0.{tested.minor + 1}" if tested.major == 0 else f"{tested.major + 1}")
    assert high == after if wanted.name in locked() else high.major in {low.major, after.major}
