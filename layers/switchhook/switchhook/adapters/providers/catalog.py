"""The providers Switchhook knows; the only place to name a new one beside its own package.

A provider's code is imported when first asked for, so that the ingress loads the edge of the provider
at hand and never the worker's parsers.
"""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from switchhook.adapters.providers.verify import standard_key
from switchhook.domain.errors import Rejected
from switchhook.domain.events import Kind
from switchhook.domain.tenancy import ProviderFacts
from switchhook.ports_ingress import PayloadParser, ProviderEdge

if TYPE_CHECKING:
    # The loaded modules are cast below; here mypy holds each of them to its protocol.
    from switchhook.adapters.providers.aircall import edge as aircall_edge
    from switchhook.adapters.providers.aircall import payload as aircall_payload
    from switchhook.adapters.providers.generic import edge as generic_edge
    from switchhook.adapters.providers.generic import payload as generic_payload

    _edges: tuple[ProviderEdge, ...] = (aircall_edge, generic_edge)
    _parsers: tuple[PayloadParser, ...] = (aircall_payload.parse, generic_payload.parse)

_PACKAGES = "switchhook.adapters.providers"
_MAX_TOKEN_CHARS = 256


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
                    "call.voicemail_left and call.comm_assets_generated. Read its token with "
                    "GET https://api.aircall.io/v1/webhooks/{id} (the dashboard does not show it) and "
                    "give it to this hook as its secret."
                ),
            ),
            ProviderFacts(
                name="generic",
                kinds=(Kind.CALL,),
                secret_is_ours=True,
                fixed_source=None,
                instructions=(
                    "POST a call.ended event to this url when a call has ended, and call.updated for "
                    "later facts. Sign each request as Standard Webhooks describes, with this hook's "
                    "secret: headers webhook-id, webhook-timestamp and webhook-signature. Repeat a "
                    "request with the same webhook-id until it is answered with a 2xx status."
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
        if _known(name).secret_is_ours:
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
