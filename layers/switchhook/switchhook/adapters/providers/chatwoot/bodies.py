"""The parts of Chatwoot's bodies that are read; what is missing or of another type is unsaid."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from switchhook.adapters.providers.body import usable_id
from switchhook.adapters.providers.chat_shapes import (
    ByLabel,
    Flag,
    Line,
    Link,
    Many,
    Maybe,
    Size,
    Text,
    When,
)
from switchhook.adapters.providers.shapes import Shape


def _an_id(value: object) -> object:
    if (found := usable_id(value)) is None:
        raise ValueError("should be an id")
    return found


_Id = Annotated[str, BeforeValidator(_an_id)]


class Named(Shape):
    """What kind of event a body is."""

    event: _Id


class Employment(Shape):
    """What Chatwoot knows of a contact's company."""

    company_name: Line = None


class Person(Shape):
    """A contact, user or bot; `type` is missing from some."""

    id: Line = None
    type: Line = None
    name: Line = None
    available_name: Line = None
    email: Line = None
    phone_number: Line = None
    additional_attributes: Maybe[Employment] = None
    custom_attributes: ByLabel = Field(default_factory=dict)


class Attachment(Shape):
    """A file of a message; Chatwoot keeps it."""

    data_url: Link = None
    file_size: Size = None


class Rating(Shape):
    """A visitor's answer to how it was."""

    rating: Line = None
    feedback_message: Text = None


class Answered(Shape):
    """What a visitor filled into a message."""

    csat_survey_response: Maybe[Rating] = None


class MessageAttributes(Shape):
    """What hangs on a message beside its text."""

    submitted_values: Maybe[Answered] = None


class Meta(Shape):
    """The contact of a conversation and whom it is assigned to."""

    sender: Maybe[Person] = None
    assignee: Maybe[Person] = None
    assignee_type: Line = None


class Origin(Shape):
    """Where a conversation in the browser began."""

    referer: Link = None


class Account(Shape):
    """The customer of Chatwoot."""

    id: Line = None


class LastMessage(Shape):
    """The message that every conversation is told with; only its account is read."""

    account_id: Line = None


class Change(Shape):
    """What a value has become."""

    current_value: Line = None


class Changes(Shape):
    """One entry of what changed; its status, if it was that."""

    status: Maybe[Change] = None


class Conversation(Shape):
    """A conversation, as an event of its own or inside a message."""

    id: _Id
    status: Line = None
    changed_attributes: Many[Changes] = ()
    channel: Line = None
    meta: Maybe[Meta] = None
    additional_attributes: Maybe[Origin] = None
    custom_attributes: ByLabel = Field(default_factory=dict)
    labels: Maybe[list[Line]] = None
    messages: Many[LastMessage] = ()
    created_at: When = None
    updated_at: When = None
    timestamp: When = None


class Message(Shape):
    """One message with its conversation; `message_type` is a word here and a number elsewhere."""

    id: Line = None
    conversation: Conversation
    content: Text = None
    message_type: Line = None
    private: Flag = None
    sender: Maybe[Person] = None
    attachments: Many[Attachment] = ()
    content_attributes: Maybe[MessageAttributes] = None
    account: Maybe[Account] = None
    created_at: When = None
