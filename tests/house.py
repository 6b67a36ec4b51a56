"""The figures of the house: `python tests/house.py` prints them.

The table of rooms is the plan: what each may import of asyncgeo. `test_layers` sees to it.
"""

import ast
import functools
from collections import defaultdict
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).resolve().parents[1] / "asyncgeo"

_DATA: Final = {"errors", "schema", "config", "store", "rules", "figure", "problems", "llm", "verify", "simulator"}
_RUNS: Final = _DATA | {"dataset", "run"}
ROOMS: Final[dict[str, set[str]]] = {
    "errors": set(),
    "schema": set(),
    "config": {"errors"},
    "store": {"errors", "schema"},
    "rules": {"schema"},
    "figure": {"schema"},
    "problems": {"errors", "schema", "store"},
    "llm": {"errors", "schema", "config"},
    "verify": {"errors", "schema", "store", "figure", "rules"},
    "simulator": {"errors", "schema", "rules", "llm"},
    "dataset": {"errors", "schema", "store"},
    "export": {"errors", "schema", "store", "figure", "dataset"},
    "run": _DATA | {"dataset"},
    "views": _RUNS,
    "api": {"errors", "schema", "config", "rules", "store", "dataset", "export", "verify", "run", "views"},
    "cli": _RUNS | {"export", "views"},
    "__init__": {"api", "errors"},
    "__main__": {"cli"},
}
"""A room, and what it may import; from top to bottom as data flows."""


def things() -> set[str]:
    """What `ls asyncgeo` shows of the program."""
    return {each.stem for each in PACKAGE.iterdir() if each.suffix == ".py" or (each / "__init__.py").exists()}


@functools.cache
def modules(file: Path) -> set[str]:
    """Every module that the file imports, at any depth of its code; `from a import b` as `a.b`, which may be a name."""
    found = set[str]()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def imported(file: Path) -> set[str]:
    """The packages that the file imports."""
    return {module.partition(".")[0] for module in modules(file)}


@functools.cache
def arrows() -> dict[tuple[str, str], list[str]]:
    """Which room imports which, with the files that do."""
    found = defaultdict[tuple[str, str], list[str]](list)
    for file in sorted(PACKAGE.rglob("*.py")):
        path = file.relative_to(PACKAGE)
        room = path.parts[0].removesuffix(".py")
        for module in modules(file):
            names = module.split(".")
            if names[0] == "asyncgeo" and len(names) > 1 and names[1] != room:
                found[room, names[1]].append(path.as_posix())
    return {arrow: sorted(set(files)) for arrow, files in found.items()}


def lines(folder: Path) -> int:
    """Lines of Python in it."""
    return sum(file.read_text(encoding="utf-8").count("\n") for file in folder.rglob("*.py"))


def names() -> dict[str, set[str]]:
    """Names of classes and type aliases that are defined in several files, with the files."""
    found = defaultdict[str, set[str]](set)
    for file in PACKAGE.rglob("*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            path = file.relative_to(PACKAGE).as_posix()
            if isinstance(node, ast.ClassDef):
                found[node.name].add(path)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                if name.strip("_")[:1].isupper() and not name.isupper() and len(name) > 1:
                    found[name].add(path)
    return {name: files for name, files in sorted(found.items()) if len(files) > 1}


def main() -> None:
    """Print the table."""
    shared = names()
    public = [name for name in shared if not name.startswith("_")]
    print(f"things at the top        {len(things()):7,}")
    print(f"arrows between them      {len(arrows()):7,}")
    print(f"lines of the product     {lines(PACKAGE):7,}")
    print(f"lines of run/cluster     {lines(PACKAGE / 'run' / 'cluster'):7,}")
    print(f"lines of the tests       {lines(PACKAGE.parent / 'tests'):7,}")
    print(f"names of several things  {len(public):7,} public, {len(shared) - len(public)} private")
    for name, files in shared.items():
        print(f"  {name}: {', '.join(sorted(files))}")


if __name__ == "__main__":
    main()
