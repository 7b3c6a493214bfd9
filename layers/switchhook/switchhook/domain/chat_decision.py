"""What a decision on a chat is made from; values only, the rules live beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from switchhook.domain.chat import ChatFacts
from switchhook.domain.chat_actions import ChosenAction
from switchhook.domain.chat_parties import ChatParty
from switchhook.domain.decision import Candidate, OrgFacts
from switchhook.domain.field_facts import Fields
from switchhook.domain.people import People
from switchhook.domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatInput:
    """Everything one decision on a chat depends on; equal inputs give equal decisions.

    `chat` is the merged facts, `chosen` what it becomes, and `candidates` the records that may be the
    visitor, unverified. `fields` has the fields of each object (Lead, Contact, Case, Task) as the
    integration user sees them; of an object that is missing only the usual standard fields are
    written. `attachment_notes` are the lines on files that are not copied (`chat_files.note_lines`).
    Records and users in `avoid_*` were refused by Salesforce.
    """

    tenant: str
    chat: ChatFacts
    external_id: str
    chosen: ChosenAction
    visitor: ChatParty
    settings: Settings
    people: People
    org: OrgFacts
    candidates: tuple[Candidate, ...] = ()
    fields: Mapping[str, Fields] = field(default_factory=dict)
    attachment_notes: tuple[str, ...] = ()
    avoid_records: frozenset[str] = frozenset()
    avoid_users: frozenset[str] = frozenset()
