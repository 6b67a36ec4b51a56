"""How a request is written for a server: for JSON in which way, without which members, streamed or not.

Servers differ in what they take; `negotiation` learns it and `prompts` writes requests accordingly.
"""

from enum import StrEnum
from typing import Final, NamedTuple


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

    def is_looser_than(self, other: "ResponseFormat") -> bool:
        """Whether a server is asked in this format after it refused the other."""
        order = list(ResponseFormat)
        return order.index(self) > order.index(other)


FORMAT: Final = "response_format"
STREAM: Final = "stream"
CAP: Final = "max_completion_tokens"
OLD_CAP: Final = "max_tokens"
TIER: Final = "service_tier"
"""Members of a request: the format, whether the reply is streamed, the answer's cap by its new and its old name, and
the tier that serves it."""
CACHE_OPTIONS: Final = "prompt_cache_options"
CACHE_MARK: Final = "prompt_cache_breakpoint"
"""How the prompt is cached, and what marks the end of a part to cache inside a message; one goes with the other."""


class Form(NamedTuple):
    """A way to write requests. Members in `without` are left out; without its new name the cap goes by its old one.

    `tier` is the service tier that is asked for, none where it is empty.
    """

    format: ResponseFormat = ResponseFormat.JSON_SCHEMA
    without: frozenset[str] = frozenset()
    streamed: bool = False
    tier: str = ""
