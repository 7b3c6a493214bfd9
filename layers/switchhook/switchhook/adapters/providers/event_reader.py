"""Reads the events of every provider for the worker."""

from datetime import datetime

from switchhook.adapters.providers.catalog import payload_parser
from switchhook.adapters.providers.errors import IgnoredType, Unreadable
from switchhook.domain.facts.event import Event, Kind, bounded
from switchhook.ports.ledger import IgnoredEvent, UnreadableEvent


class ProviderEvents:
    """Finds a provider's parser and turns its refusals into values, for they are outcomes."""

    def read(
        self, provider: str, raw: bytes, *, kind: Kind, event_id: str, received_at: datetime
    ) -> Event | UnreadableEvent | IgnoredEvent:
        """The event, short enough for the ledger, or why there is none.

        An event of another kind than the hook's is ignored: its facts belong to another activity.

        Raises:
            Rejected: `unknown_provider`.
        """
        parse = payload_parser(provider)
        try:
            event = parse(raw, event_id=event_id, received_at=received_at)
            return bounded(event) if event.kind is kind else IgnoredEvent(type=event.type)
        except Unreadable as exc:
            return UnreadableEvent(reason=exc.reason)
        except IgnoredType as exc:
            return IgnoredEvent(type=exc.type)
