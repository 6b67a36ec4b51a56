import re
from pathlib import Path

import house

from asyncgeo.run import cluster


def test_each_file_imports_only_those_before_it() -> None:
    """The docstring draws the order; every file of the room is in it."""
    names = re.findall(r"`(\w+)`", (cluster.__doc__ or "").partition("Files in order")[2])
    folder = Path(cluster.__file__).parent
    assert sorted(names) == sorted(file.stem for file in folder.glob("[!_]*.py"))
    for place, name in enumerate(names):
        used = {module.split(".")[3] for module in house.modules(folder / f"{name}.py") if _is_ours(module)}
        assert used <= set(names[:place]), name


def _is_ours(module: str) -> bool:
    return module.startswith("asyncgeo.run.cluster.")
