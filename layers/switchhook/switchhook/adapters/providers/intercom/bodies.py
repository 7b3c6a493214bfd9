"""The parts of Intercom's notifications that are read, of both generations of its API.

1.x names `user`, `assignee` and `conversation_message`; 2.x `contacts`, `admin_assignee_id` and `source`.
What is missing or of another type is unsaid.
"""

from collections.abc import Callable
from typing import Annotated

from pydantic import BeforeValidator, Field

from switchhook.adapters.providers.body import usable_id
from switchhook.adapters.providers.chat_shapes import (
    ByLabel,
    Flag,
    Html,
    Line,
    Link,
    Many,
    Maybe,
    Size,
    When,
)
from switchhook.adapters.providers.shapes import Shape


def _an_id(value: object) -> object:
    if (found := usable_id(value)) is None:
        raise ValueError("should be an id")
    return found


def _bare_as(key: str) -> Callable[[object], object]:
    """A list that stands where others have an object around it."""
    return lambda value: {key: value} if isinstance(value, list) else value


Id = Annotated[str, BeforeValidator(_an_id)]


class Named(Shape):
    """What a notification is about."""

    topic: Id


class Person(Shape):
    """A contact, lead, admin or bot, of which 2.x often gives no more than the id."""

    type: Line = None
    id: Line = None
    name: Line = None
    email: Line = None
    phone: Line = None
    from_ai_agent: Flag = None


class Contacts(Shape):
    """The visitors of a conversation."""

    contacts: Many[Person] = ()


class Teammates(Shape):
    """The admins who have had to do with a conversation, under either name."""

    teammates: Many[Person] = ()
    admins: Many[Person] = ()


class Attachment(Shape):
    """A file of a message; Intercom keeps it."""

    url: Link = None
    name: Line = None
    content_type: Line = None
    filesize: Size = None


class Opening(Shape):
    """The message that a conversation began with; it stands in every notification."""

    id: Line = None
    type: Line = None
    subject: Html = None
    body: Html = None
    url: Link = None
    author: Maybe[Person] = None
    attachments: Many[Attachment] = ()
    redacted: Flag = None


class Part(Shape):
    """What the notification is about: a reply, a note, a closing ..."""

    id: Line = None
    part_type: Line = None
    body: Html = None
    created_at: When = None
    author: Maybe[Person] = None
    assigned_to: Maybe[Person] = None
    attachments: Many[Attachment] = ()
    redacted: Flag = None


class Parts(Shape):
    """The part that fired the notification, in a list."""

    conversation_parts: Many[Part] = ()


class Tag(Shape):
    """One tag."""

    name: Line = None


class Tags(Shape):
    """All tags of a conversation."""

    tags: Many[Tag] = ()


class Rating(Shape):
    """A visitor's answer to how it was; an empty object before that."""

    rating: Line = None
    remark: Html = None


class Conversation(Shape):
    """A conversation in either generation's names."""

    id: Id
    created_at: When = None
    updated_at: When = None
    user: Maybe[Person] = None
    contacts: Annotated[Maybe[Contacts], BeforeValidator(_bare_as("contacts"))] = None
    assignee: Maybe[Person] = None
    admin_assignee_id: Line = None
    teammates: Annotated[Maybe[Teammates], BeforeValidator(_bare_as("teammates"))] = None
    conversation_message: Maybe[Opening] = None
    source: Maybe[Opening] = None
    conversation_parts: Maybe[Parts] = None
    tags: Maybe[Tags] = None
    custom_attributes: ByLabel = Field(default_factory=dict)
    conversation_rating: Maybe[Rating] = None


class Subject(Shape):
    """The envelope around a conversation."""

    item: Conversation


class Notification(Shape):
    """The whole body; `app_id` names the workspace."""

    app_id: Line = None
    created_at: When = None
    data: Subject
