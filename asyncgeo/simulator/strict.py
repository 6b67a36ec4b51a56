"""A JSON schema → why strict structured outputs refuse it, or None.

In: the schema of a request. Out: words. Pure. The rules are OpenAI's: a root object, every member required,
`additionalProperties: false`, no `allOf`/`not`/`if`, at most 5,000 members and 10 levels.
"""

from collections.abc import Iterator
from typing import Any, Final

MAX_MEMBERS: Final = 5_000
MAX_LEVELS: Final = 10
_FORBIDDEN: Final = ("allOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties")


def schema_defect(schema: Any) -> str | None:
    """The first rule that `schema` breaks."""
    if not isinstance(schema, dict) or schema.get("type") != "object" or "anyOf" in schema:
        return "schema must have type 'object' at its root and no 'anyOf' there."
    members = 0
    for part, place, level in _walk(schema, "()", 1):
        if level > MAX_LEVELS:
            return f"In context={place}, more than {MAX_LEVELS} levels of nesting."
        if (why := _part_defect(part, schema)) is not None:
            return f"In context={place}, {why}"
        members += len(part.get("properties", {}))
    return f"{members} properties, more than {MAX_MEMBERS}." if members > MAX_MEMBERS else None


def _part_defect(part: dict[str, Any], root: dict[str, Any]) -> str | None:
    if wrong := [word for word in _FORBIDDEN if word in part]:
        return f"'{wrong[0]}' is not permitted."
    if "$ref" in part and _target(part["$ref"], root) is None:
        return f"reference {part['$ref']!r} points nowhere."
    if part.get("type") != "object":
        return None
    if part.get("additionalProperties") is not False:
        return "'additionalProperties' is required to be supplied and to be false."
    if missing := sorted(part.get("properties", {}).keys() - set(part.get("required", ()))):
        return f"'required' must include every key in properties. Missing '{missing[0]}'."
    return None


def _target(reference: object, root: dict[str, Any]) -> Any:
    """What `#/$defs/name` stands for."""
    found: Any = root
    for step in str(reference).removeprefix("#").split("/")[1:]:
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _walk(part: dict[str, Any], place: str, level: int) -> Iterator[tuple[dict[str, Any], str, int]]:
    """Every schema inside `part`; only objects and arrays deepen it, definitions count from the top."""
    yield part, place, level
    for name, member in part.get("properties", {}).items():
        yield from _walk(member, f"{place}.{name}", level + 1)
    if isinstance(part.get("items"), dict):
        yield from _walk(part["items"], f"{place}.items", level + 1)
    for choice in part.get("anyOf", ()):
        yield from _walk(choice, f"{place}.anyOf", level)
    for name, definition in part.get("$defs", {}).items():
        yield from _walk(definition, f"$defs.{name}", 1)
