"""SOQL and SOSL text: the only place where a value becomes part of a query."""

from collections.abc import Iterable
from datetime import UTC, datetime

_SOQL_ESCAPES = str.maketrans(
    {
        "\\": "\\\\",
        "'": "\\'",
        '"': '\\"',
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\b": "\\b",
        "\f": "\\f",
    }
)
_SOSL_RESERVED = frozenset("?&|!{}[]()^~*:\\\"'+-")


def literal(text: str) -> str:
    """A SOQL string literal."""
    return f"'{text.translate(_SOQL_ESCAPES)}'"


def in_list(texts: Iterable[str]) -> str:
    """A SOQL list of string literals."""
    return f"({', '.join(literal(text) for text in texts)})"


def moment(at: datetime) -> str:
    """A SOQL datetime literal: UTC, seconds, unquoted."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def phrase(text: str) -> str:
    """A SOSL phrase; reserved characters are escaped, inside quotes as well."""
    escaped = "".join(f"\\{char}" if char in _SOSL_RESERVED else char for char in text)
    return f'"{escaped}"'


def read_moment(text: str | None) -> datetime | None:
    """A datetime as Salesforce writes it (`2026-11-20T15:00:00.000+0000`)."""
    return datetime.fromisoformat(text) if text else None
