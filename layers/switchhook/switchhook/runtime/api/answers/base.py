"""What every answer of the API is made of: the models that are sent are those that are described.

A field without a default is always there, null or not; one that is there `SOMETIMES` is never null. A
model is named as the document names it, so what it is made `of` goes by its module.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, RootModel, WithJsonSchema


def instant(at: datetime) -> str:
    """A time as the contract has it: RFC 3339 in UTC with Z, milliseconds only where there are any."""
    shown = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return shown.replace("+00:00", "").removesuffix(".000") + "Z"


def _never_null(schema: dict[str, Any]) -> None:
    """Describes what is left out where there is none."""
    kinds = [kind for kind in schema.pop("anyOf") if kind != {"type": "null"}]
    del schema["default"]
    schema |= kinds[0]


SOMETIMES = Field(exclude_if=lambda value: value is None, json_schema_extra=_never_null)

Count = Annotated[int, Field(ge=0)]
Url = Annotated[str, WithJsonSchema({"type": "string", "format": "uri"})]
Time = Annotated[
    datetime,
    PlainSerializer(instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
AnyObject = dict[str, Any]


class Answer(BaseModel):
    """An answer, or a part of one; built when it is first given."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class Page[Item](Answer):
    """One page of a list; `next_cursor` asks for the next one."""

    items: tuple[Item, ...]
    next_cursor: str | None


class Refusal(Answer):
    """Why it was not done; `fields` names what cannot be taken."""

    code: str
    message: str
    fields: Annotated[AnyObject | None, SOMETIMES] = None


class Error(Answer):
    """The answer to everything that was not done."""

    error: Refusal


class Health(Answer):
    """The API runs."""

    status: Literal["ok"]


class OpenApi(RootModel[AnyObject]):
    """This document."""
