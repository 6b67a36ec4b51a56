"""The rooms of the house: which module may import which, and which library belongs to which room."""

import ast
from pathlib import Path

import asyncgeo

PACKAGE = Path(asyncgeo.__file__).parent

# what each room imports from asyncgeo; the listing, read downwards, is the flow of data
ROOMS: dict[str, set[str]] = {
    "errors": set(),
    "commands": set(),
    "marks": set(),
    "seal": set(),
    "sanitize": set(),
    "formats": set(),
    "shapes": set(),
    "pools": set(),
    "terminal": set(),
    "tokens": set(),
    "conditions": {"shapes"},
    "records": {"conditions", "sanitize", "seal"},
    "synonyms": {"conditions", "sanitize", "shapes"},
    "checks": {"conditions", "records", "sanitize", "synonyms"},
    "config": {"errors"},
    "decoding": {"records", "terminal"},
    "files": {"decoding", "errors", "records", "terminal"},
    "problems": {"decoding", "errors", "files", "marks", "records", "terminal"},
    "prompts": {"conditions", "formats", "records", "shapes"},
    "rules": {"conditions", "records", "shapes"},
    "rate_headers": set(),
    "retry": {"dialects", "error_body", "formats", "kinds", "rate_headers"},
    "prices": {"config", "errors", "records"},
    "limits": {"config", "errors", "rate_headers", "retry"},
    "replies": {"dialects", "records", "retry"},
    "sender": {"clock", "config", "errors", "lost", "proxies"},
    "error_body": {"rate_headers"},
    "dialects": {"formats"},
    "kinds": {"dialects", "error_body", "formats"},
    "negotiation": {"formats", "retry"},
    "doubt": set(),
    "clock": set(),
    "proxies": {"config", "errors", "terminal"},
    "lost": {"retry", "terminal"},
    "client": {
        "clock",
        "config",
        "doubt",
        "errors",
        "formats",
        "limits",
        "lost",
        "negotiation",
        "prices",
        "rate_headers",
        "records",
        "replies",
        "retry",
        "sender",
    },
    "raws": {"errors", "records", "sanitize", "shards"},
    "extract": {
        "checks",
        "client",
        "formats",
        "grounding",
        "prompts",
        "raws",
        "records",
        "rules",
        "sanitize",
        "tokens",
    },
    "grounding": {"checks", "records", "rules"},
    "tally": {"records"},
    "journal": set(),
    "evidence": {"error_body", "errors", "records", "retry"},
    "pipeline": {"errors", "evidence", "raws", "records"},
    "ledger": {"errors", "journal", "shards"},
    "earlier": {"journal", "records", "rules", "shards"},
    "fleet": {"config", "errors", "evidence", "limits", "pipeline", "prices", "raws", "records"},
    "shards": {"conditions", "errors", "marks", "pools", "records"},
    "keep": {"errors", "raws", "shards"},
    "dataset": {"conditions", "errors", "marks", "records", "shards"},
    "best": {"dataset", "shards"},
    "parses": {"best", "checks", "conditions", "errors", "records", "shards"},
    "figure": {"conditions", "records", "shapes"},
    "verify": {"best", "conditions", "errors", "figure", "parses", "pools", "records", "shards"},
    "status": {"commands", "config", "errors", "journal", "dataset", "problems", "records", "shards"},
    "picture": {"errors", "figure", "parses", "records", "verify"},
    "recheck": {"best", "checks", "errors", "extract", "grounding", "dataset", "raws", "records", "shards"},
    "judges": {"parses", "pools", "verify"},
    "review": {"errors", "extract", "parses", "raws", "records", "verify"},
    "report": {"conditions", "journal", "raws", "records", "verify"},
    "progress": {"journal", "terminal"},
    "forecast": {"config", "prices", "records"},
    "endpoint": {"errors", "prompts", "records", "rules", "tokens"},
}
ROOTS = {"api", "cli", "__main__", "__init__"}
"""Composition roots may import every room."""

LIBRARIES: dict[str, set[str]] = {
    "openai": {"sender"},
    "httpx2": {"sender"},
    "httpx": set(),
    "fcntl": {"shards"},
    "sqlite3": {"limits"},  # the file through which processes share one limit
    "numpy": {"figure", "verify"},  # verify only asks whether it is there
    "pyarrow": {"dataset"},
    "aiolimiter": {"limits"},
    "aiofiles": {"shards"},
    "aiohttp": {"endpoint", "sender"},
    "typer": {"cli"},
    "rich": {"cli", "progress"},
    "tomlkit": {"cli"},
    "ray": {"fleet"},
}


def _imports() -> dict[str, set[str]]:
    """Every room's imports, absolute, at any depth of its code."""
    found: dict[str, set[str]] = {}
    for file in PACKAGE.rglob("*.py"):
        room = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
        names = found.setdefault(room, set())
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file}: imports are absolute"
                assert node.module is not None
                names.add(node.module)
                if node.module == "asyncgeo":
                    names.update(f"asyncgeo.{alias.name}" for alias in node.names)
    return found


def test_every_module_is_a_room_of_the_plan() -> None:
    """A new file at the top of the package has a row in the table."""
    assert _imports().keys() - ROOTS == ROOMS.keys()


def test_rooms_import_only_what_the_plan_allows() -> None:
    """Data flows forward: no room imports another that its row does not name."""
    for room, names in _imports().items():
        if room not in ROOTS:
            mine = {name.split(".")[1] for name in names if name.startswith("asyncgeo.")} - {room}
            assert mine <= ROOMS[room], f"{room} imports {sorted(mine - ROOMS[room])}"


def test_libraries_stay_in_their_rooms() -> None:
    """One room to open when a library changes."""
    for room, names in _imports().items():
        for library, rooms in LIBRARIES.items():
            if any(name.split(".")[0] == library for name in names):
                assert room in rooms, f"{room} imports {library}"


def test_the_environment_is_read_in_config_only() -> None:
    """Every setting has one origin that can be shown."""
    for file in PACKAGE.rglob("*.py"):
        if "os.environ" in file.read_text(encoding="utf-8") or "getenv" in file.read_text(encoding="utf-8"):
            assert file == PACKAGE / "config.py"
