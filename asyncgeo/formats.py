"""How a server is asked for JSON, from strictest to loosest. Servers differ in what they know; `client` learns it."""

from enum import StrEnum


class ResponseFormat(StrEnum):
    """The `response_format` of a request; a server that refuses one is asked in the next."""

    JSON_SCHEMA = "json_schema"  # the strict schema of the answer
    JSON_OBJECT = "json_object"  # any JSON object; the schema stands in the prompt
    TEXT = "text"  # nothing is sent; the prompt asks for JSON

    @property
    def looser(self) -> "ResponseFormat | None":
        """The next format to try, None after the loosest."""
        order = list(ResponseFormat)
        return order[order.index(self) + 1] if self is not order[-1] else None
