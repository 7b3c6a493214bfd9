"""The one error that a simulated org answers with."""

from collections.abc import Mapping

__all__ = [
    "ApiError",
    "invalid_cross_reference",
    "method_not_allowed",
    "not_found",
    "not_supported",
]


class ApiError(Exception):
    """A refusal in Salesforce's own form: a status, an error code and a sentence.

    `fields` is the list of API names that the REST answer carries beside the message; None leaves
    the key out, as query errors do. `extra` holds further keys of the answer (`duplicateResult`).
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        fields: tuple[str, ...] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        """Keep the parts apart, so that REST, composite and collections can each word them."""
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields
        self.extra: dict[str, object] = dict(extra or {})

    def body(self) -> dict[str, object]:
        """Return one entry of a REST error array."""
        entry: dict[str, object] = {
            **self.extra,
            "message": self.message,
            "errorCode": self.code,
        }
        if self.fields is not None:
            entry["fields"] = list(self.fields)
        return entry

    def collection_entry(self) -> dict[str, object]:
        """Return the same error as sObject Collections word it (`statusCode`)."""
        return {
            "statusCode": self.code,
            "message": self.message,
            "fields": list(self.fields or ()),
        }


def not_found(message: str = "The requested resource does not exist") -> ApiError:
    """Return the answer to a path, row or external id that the org does not know."""
    return ApiError(404, "NOT_FOUND", message)


def method_not_allowed(method: str, allowed: str) -> ApiError:
    """Return the answer to a method that a resource does not have; `allowed` are those it has."""
    return ApiError(
        405, "METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed. Allowed are {allowed}"
    )


def not_supported(what: str) -> ApiError:
    """Return the honest answer to something Salesforce offers and this simulation does not."""
    return ApiError(
        501, "NOT_IMPLEMENTED", f"{what} is not part of this simulated org; nothing was done"
    )


def invalid_cross_reference() -> ApiError:
    """Return the answer to a well-formed id that belongs to no record."""
    return ApiError(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ())
