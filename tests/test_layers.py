"""The rooms of the house: which may import which, and which library belongs to which room."""

import ast
from pathlib import Path

import house
from support.cases import for_each

LIBRARIES: dict[str, set[str]] = {
    "openai": {"llm/transport", "llm/batch"},
    "httpx2": {"llm/transport"},
    "httpx": set(),
    "fcntl": {"store"},
    "sqlite3": {"llm/limits"},  # the file through which processes share one limit
    "numpy": {"figure"},
    "pyarrow": {"dataset"},
    "huggingface_hub": {"export/hub"},
    "aiolimiter": {"llm/limits"},
    "genai_prices": {"llm/prices"},
    "aiofiles": {"store"},
    "aiohttp": {"llm/connections", "simulator"},
    "typer": {"cli"},
    "rich": {"cli"},
    "tomlkit": {"cli"},
    "ray": {"run/cluster"},
}
FILES = sorted(house.PACKAGE.rglob("*.py"))


def place(file: Path) -> str:
    return file.relative_to(house.PACKAGE).with_suffix("").as_posix()


def test_every_thing_at_the_top_is_a_room_of_the_plan() -> None:
    """A new file at the top of the package has a row in the table."""
    assert house.things() == house.ROOMS.keys()


@for_each("room", house.ROOMS)
def test_rooms_import_only_what_the_plan_allows(room: str) -> None:
    """Data flows forward: no room imports another that its row does not name."""
    found = {to: files for (of, to), files in house.arrows().items() if of == room}
    assert found.keys() <= house.ROOMS[room], {to: files for to, files in found.items() if to not in house.ROOMS[room]}


def test_imports_are_absolute() -> None:
    """So that a search for a module's name finds its users."""
    for file in FILES:
        nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        assert not [node for node in nodes if isinstance(node, ast.ImportFrom) and node.level], file


@for_each("library", LIBRARIES)
def test_libraries_stay_in_their_rooms(library: str) -> None:
    """One room to open when a library changes."""
    users = {place(file) for file in FILES if library in house.imported(file)}
    rooms = LIBRARIES[library]
    assert not {user for user in users if not any(user == room or user.startswith(f"{room}/") for room in rooms)}


def test_the_environment_is_read_in_config_only() -> None:
    """Every setting has one origin that can be shown."""
    for file in FILES:
        if "os.environ" in file.read_text(encoding="utf-8") or "getenv" in file.read_text(encoding="utf-8"):
            assert place(file) == "config"
