"""Says who the external person of a chat is, and whether it is external at all."""

import re
from dataclasses import dataclass

from switchhook.domain.chat import ChatFacts
from switchhook.domain.decision import Skip
from switchhook.domain.party import Party, PhoneNumber
from switchhook.domain.people import People
from switchhook.domain.plain_text import one_line

_ADDRESS = re.compile(r"[^@\s<>,;]{1,64}@[^@\s<>,;]{1,189}\.[^@\s<>,;.]{2,63}")
_LONGEST_ID = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatParty:
    """The visitor of a chat.

    `identifiers` are all that identify the visitor, the party's key first: e-mail, number in E.164,
    provider's id. The right to create a person is claimed for every one of them in one transaction, so
    that many chats of one new visitor make one Lead (SH-1).
    """

    party: Party
    identifiers: tuple[str, ...]


def party_of(
    chat: ChatFacts, *, source: str, external_id: str, number: PhoneNumber | None
) -> ChatParty:
    """Names the visitor by e-mail in lower case, else by phone, else by the provider's visitor id.

    `source` is the hook's, since a visitor id means nothing outside it; `number` is the visitor's phone
    as far as it could be read. A visitor of whom nothing is said is known as the one of this chat
    alone, and `external_id` names it.
    """
    visitor = chat.visitor
    email = address(visitor.email)
    visitor_id = one_line(visitor.id, limit=_LONGEST_ID)[:_LONGEST_ID]
    stated = (
        email,
        number.e164 if number else None,
        f"visitor:{source}:{visitor_id}" if visitor_id else None,
    )
    known = tuple(identifier for identifier in stated if identifier)
    identifiers = known or (f"chat:{source}:{external_id}",)
    party = Party(
        key=identifiers[0],
        number=number,
        raw=(visitor.email or visitor.phone or visitor.id or "").strip(),
        name=one_line(visitor.name, limit=_LONGEST_ID) or None,
        email=email,
    )
    return ChatParty(party=party, identifiers=identifiers)


def address(stated: str | None) -> str | None:
    """Gives an e-mail address in lower case; None for what is no address ("n/a")."""
    text = (stated or "").strip().lower()
    return text if _ADDRESS.fullmatch(text) else None


def screen_chat(chat: ChatFacts, visitor: ChatParty, people: People) -> Skip | None:
    """Skips a chat between the tenant's own people (XB-17, PC-16); None lets it pass.

    Own people are the agents of the people list and of this chat by their e-mails, everybody of an
    internal domain, and whoever writes from one of the tenant's own numbers.
    """
    party = visitor.party
    stated = (*(one.email for one in people.agents), *(one.email for one in chat.agents))
    own = {address(email) for email in stated} - {None}
    domain = (party.email or "").rpartition("@")[2]
    is_own_number = party.number is not None and party.number.e164 in people.own_numbers
    if party.email in own or (domain and domain in people.internal_domains) or is_own_number:
        text = "The visitor is one of the tenant's own people, so the chat is internal (PC-16)."
        return Skip(rule="XB-17", reason="internal", text=text)
    return None
