"""What a report's page holds, read back."""

from html.parser import HTMLParser
from typing import Any

import msgspec


class Elements(HTMLParser):
    """The elements of a page as a browser takes them apart: scripts end where their end tag is."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.contents: dict[str, str] = {}
        self._in = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in = dict(attrs).get("id") or tag

    def handle_data(self, data: str) -> None:
        self.contents[self._in] = self.contents.get(self._in, "") + data


def data_of(text: str) -> Any:
    return msgspec.json.decode(Elements(text).contents["data"])


def cells(table: dict[str, Any], row: int) -> dict[str, Any]:
    return dict(zip(table["columns"], table["rows"][row], strict=False))
