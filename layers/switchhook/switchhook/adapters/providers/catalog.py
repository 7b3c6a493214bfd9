"""The providers Switchhook knows; the only place to name a new one beside its own package.

A provider's code is imported when first asked for, so that the ingress loads the edge of the provider
at hand and never the worker's parsers.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, cast

from switchhook.adapters.providers.verify import standard_key
from switchhook.domain.errors import Rejected
from switchhook.domain.facts.event import Event, Kind
from switchhook.domain.tenants import ProviderFacts
from switchhook.ports.ingress import AnswersChallenges, ProviderEdge

if TYPE_CHECKING:
    # The loaded modules are cast below; here mypy holds each of them to its protocol.
    from switchhook.adapters.providers.aircall import edge as aircall_edge
    from switchhook.adapters.providers.aircall import payload as aircall_payload
    from switchhook.adapters.providers.chatwoot import edge as chatwoot_edge
    from switchhook.adapters.providers.chatwoot import payload as chatwoot_payload
    from switchhook.adapters.providers.comm100 import edge as comm100_edge
    from switchhook.adapters.providers.comm100 import payload as comm100_payload
    from switchhook.adapters.providers.dialpad import edge as dialpad_edge
    from switchhook.adapters.providers.dialpad import payload as dialpad_payload
    from switchhook.adapters.providers.generic import edge as generic_edge
    from switchhook.adapters.providers.generic import payload as generic_payload
    from switchhook.adapters.providers.intercom import edge as intercom_edge
    from switchhook.adapters.providers.intercom import payload as intercom_payload
    from switchhook.adapters.providers.livechat import edge as livechat_edge
    from switchhook.adapters.providers.livechat import payload as livechat_payload
    from switchhook.adapters.providers.wildix import edge as wildix_edge
    from switchhook.adapters.providers.wildix import payload as wildix_payload
    from switchhook.adapters.providers.zoom_phone import edge as zoom_phone_edge
    from switchhook.adapters.providers.zoom_phone import payload as zoom_phone_payload

    _edges: tuple[ProviderEdge, ...] = (
        aircall_edge,
        wildix_edge,
        generic_edge,
        dialpad_edge,
        zoom_phone_edge,
        comm100_edge,
        livechat_edge,
        chatwoot_edge,
        intercom_edge,
    )
    _parsers: "tuple[PayloadParser, ...]" = (
        aircall_payload.parse,
        wildix_payload.parse,
        generic_payload.parse,
        dialpad_payload.parse,
        zoom_phone_payload.parse,
        comm100_payload.parse,
        livechat_payload.parse,
        chatwoot_payload.parse,
        intercom_payload.parse,
    )
    _challenged: AnswersChallenges = zoom_phone_edge

_PACKAGES = "switchhook.adapters.providers"
_MAX_TOKEN_CHARS = 256
_LEAST_KEY_CHARS = 24
_URL_KEY = re.compile(r"[A-Za-z0-9_-]{24,256}", re.ASCII)


PROVIDERS: Mapping[str, ProviderFacts] = MappingProxyType(
    {
        facts.name: facts
        for facts in (
            ProviderFacts(
                name="aircall",
                kinds=(Kind.CALL,),
                secret_is_ours=False,
                fixed_source="aircall",
                instructions=(
                    "In Aircall create a webhook with this url and the events call.ended, "
                    "call.tagged, call.untagged, call.commented, call.assigned, call.archived, "
                    "call.voicemail_left, call.comm_assets_generated, call.transferred, "
                    "call.external_transferred, call.unsuccessful_transfer and, with Aircall's AI, "
                    "summary.created. Read its token with "
                    "GET https://api.aircall.io/v1/webhooks/{id} (the dashboard does not show it) and "
                    "give it to this hook as its secret."
                ),
            ),
            ProviderFacts(
                name="generic",
                kinds=(Kind.CALL, Kind.CHAT),
                secret_is_ours=True,
                fixed_source=None,
                instructions=(
                    "POST a call.ended event to this url when a call has ended, and call.updated for "
                    "later facts; to a hook of kind chat chat.started, chat.ended, "
                    "chat.offline_message, conversation.started or conversation.ended, and "
                    "chat.updated for later facts. Sign each request as Standard Webhooks describes, with this hook's "
                    "secret: headers webhook-id, webhook-timestamp and webhook-signature. Repeat a "
                    "request with the same webhook-id until it is answered with a 2xx status."
                ),
            ),
            ProviderFacts(
                name="wildix",
                kinds=(Kind.CALL,),
                secret_is_ours=False,
                fixed_source=None,
                instructions=(
                    "In Wildix (WMS or x-bees, Integrations, Webhooks) add a webhook with this url as "
                    "its target and the events call:completed, call:start, call:update and call:end. "
                    "Give the secret that Wildix shows to this hook as its secret. A Wildix webhook "
                    "cannot be edited: a new one has a new secret, to be given to this hook again."
                ),
            ),
            ProviderFacts(
                name="zoom_phone",
                kinds=(Kind.CALL,),
                secret_is_ours=False,
                fixed_source=None,
                instructions=(
                    "In the Zoom App Marketplace add an event subscription to an account-level app, "
                    "give the app's secret token to this hook as its secret, and only then enter this "
                    "url and choose Validate. Subscribe to phone.callee_call_element_completed and "
                    "phone.caller_call_element_completed (or both *_call_history_completed), "
                    "phone.callee_ended, phone.caller_ended, phone.recording_completed and "
                    "phone.voicemail_received."
                ),
            ),
            ProviderFacts(
                name="dialpad",
                kinds=(Kind.CALL,),
                secret_is_ours=True,
                fixed_source=None,
                instructions=(
                    "With Dialpad's API create a webhook (POST /api/v2/webhooks) with this url as "
                    "hook_url and this hook's secret as secret, then a call event subscription "
                    "(POST /api/v2/subscriptions/call) for it with the states hangup, missed, "
                    "voicemail, voicemail_uploaded, recording, dispositions and recap_summary."
                ),
            ),
            ProviderFacts(
                name="comm100",
                kinds=(Kind.CHAT,),
                secret_is_ours=True,
                fixed_source=None,
                instructions=(
                    "In Comm100 (Apps & Integrations, Webhooks) make one webhook for each of the events "
                    "Chat Started, Chat Ended, Chat Wrapped-Up and Offline Message Submitted, with this "
                    "url as its target. Comm100 signs nothing: the key in the url is this hook's secret, "
                    "so copy the whole url, and where a url is shown without it append ?key= and the "
                    "secret. Agents come as names only: list them in the tenant's people."
                ),
                key_in_url=True,
            ),
            ProviderFacts(
                name="livechat",
                kinds=(Kind.CHAT,),
                secret_is_ours=False,
                fixed_source=None,
                instructions=(
                    "With LiveChat's Configuration API register webhooks (register_webhook) with this "
                    "url for the actions incoming_chat, incoming_event, event_updated, "
                    "user_added_to_chat, thread_tagged, thread_properties_updated and "
                    "chat_deactivated, all with one secret_key of your choice, and give that to this "
                    "hook as its secret. Then enable them (enable_license_webhooks)."
                ),
            ),
            ProviderFacts(
                name="chatwoot",
                kinds=(Kind.CHAT,),
                secret_is_ours=False,
                fixed_source=None,
                instructions=(
                    "In Chatwoot (Settings, Integrations, Webhooks) add a webhook with this url and "
                    "the events Conversation Created, Conversation Status Changed, Conversation "
                    "Updated, Message Created and Message Updated. Give the secret that Chatwoot shows "
                    "for it to this hook as its secret. Chatwoot before 4.11.2 signs nothing: choose "
                    "32 or more random letters and digits yourself, give them to this hook as its "
                    "secret, and end the url in Chatwoot with ?key= and the same text."
                ),
            ),
            ProviderFacts(
                name="intercom",
                kinds=(Kind.CHAT,),
                secret_is_ours=False,
                fixed_source=None,
                instructions=(
                    "In Intercom's Developer Hub make an app of your own workspace and give its client "
                    "secret (Basic information) to this hook as its secret. Then enter this url under "
                    "Webhooks and subscribe to conversation.user.created, conversation.user.replied, "
                    "conversation.admin.single.created, conversation.admin.replied, "
                    "conversation.admin.noted, conversation.admin.assigned, "
                    "conversation.admin.open.assigned, conversation.admin.opened, "
                    "conversation.admin.closed, conversation.operator.replied and "
                    "conversation.rating.added."
                ),
            ),
        )
    }
)


class Catalog:
    """What an admin has to know to set a hook up; loads no provider."""

    def names(self) -> tuple[str, ...]:
        """Every provider, in the order to show them."""
        return tuple(PROVIDERS)

    def facts(self, name: str) -> ProviderFacts | None:
        """What setting up a hook needs to know, or None for an unknown name."""
        return PROVIDERS.get(name)

    def secret_problem(self, name: str, secret: str) -> str | None:
        """Why a given secret cannot work with the provider, in a sentence; None when it can."""
        if _known(name).key_in_url:
            if _URL_KEY.fullmatch(secret) is None:
                return "The secret should be 24 to 256 letters, digits, - and _, best at random."
        elif name == "dialpad":
            if not (
                _LEAST_KEY_CHARS <= len(secret) <= _MAX_TOKEN_CHARS
                and secret.isascii()
                and secret.isprintable()
            ):
                return "The secret should be 24 to 256 printable characters, best chosen at random."
        elif _known(name).secret_is_ours:
            if standard_key(secret) is None:
                return "The secret should be whsec_ and 24 to 64 random bytes in base64."
        elif not (
            0 < len(secret) <= _MAX_TOKEN_CHARS and secret.isascii() and secret.isprintable()
        ):
            return "The secret should be the provider's token: 1 to 256 printable characters."
        return None


def edge_of(provider: str) -> ProviderEdge:
    """What the ingress needs of a provider; standard library code only.

    Raises:
        Rejected: `unknown_provider`.
    """
    module = import_module(f"{_PACKAGES}.{_known(provider).name}.edge")
    return cast("ProviderEdge", module)  # import_module knows no types; checked above


class PayloadParser(Protocol):
    """What a provider's payload module parses with; `ProviderEvents` reads every provider's events by it."""

    def __call__(self, raw: bytes, *, event_id: str, received_at: datetime) -> Event:
        """The event in normal form.

        Raises:
            Unreadable: the body has not the provider's shape; names fields, never values.
            IgnoredType: a type of event that says nothing about a call.
        """
        ...


def payload_parser(provider: str) -> PayloadParser:
    """What the worker needs of a provider; loads pydantic.

    Raises:
        Rejected: `unknown_provider`.
    """
    module = import_module(f"{_PACKAGES}.{_known(provider).name}.payload")
    return cast("PayloadParser", module.parse)  # import_module knows no types; checked above


def _known(name: str) -> ProviderFacts:
    if (facts := PROVIDERS.get(name)) is None:
        raise Rejected(
            f"There is no provider {name!r}. Choose one of: {', '.join(PROVIDERS)}.",
            code="unknown_provider",
            status=422,
        )
    return facts
