"""Keeps events that are too large for an item: whole in the payload bucket, their gist in the table.

The body is stored under its content's name before the item that names it is written, so a process that
dies in between leaves an object that nobody knows of and that the bucket removes by itself. The bucket
keeps a body for 30 days; from then on the gist is all that is known (docs/adr/0015).
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from switchhook.adapters.dynamodb.items import (
    LARGEST_BODY,
    epoch_ms,
    event_item,
    from_epoch_ms,
    read_event,
)
from switchhook.adapters.serial import pack, unpack
from switchhook.domain.events import Event, gist

if TYPE_CHECKING:
    from switchhook.adapters.dynamodb.items import Item, StoredItem
    from switchhook.domain.activity import Activity
    from switchhook.ports_ingress import PayloadStore

BUCKET_KEEPS = timedelta(days=30)
_KEY, _UNTIL = "payload_key", "payload_until"


class EventItems:
    """Makes the items of events and reads them, wherever their bodies lie."""

    def __init__(self, payloads: "PayloadStore", *, now: Callable[[], datetime]) -> None:
        self._payloads = payloads
        self._now = now

    def write(self, head: "Activity", event: Event) -> "Item":
        """The item of an event; a large body is stored first, which is harmless when repeated.

        Raises:
            Permanent: even the gist is larger than the ledger takes; nothing is stored.
            Retryable: the body is not known to be stored.
        """
        packed = pack(event)
        if len(packed) <= LARGEST_BODY:
            return event_item(head, event)
        item = event_item(head, gist(event))
        key = f"{head.tenant}/{head.id}/events/{hashlib.sha256(packed).hexdigest()}.z"
        self._payloads.put(key, packed)
        item[_KEY] = {"S": key}
        item[_UNTIL] = {"N": str(epoch_ms(self._now() + BUCKET_KEEPS))}
        return item

    def read(self, item: "StoredItem") -> Event:
        """The event whole, or its gist once the bucket no longer keeps the body.

        Raises:
            Permanent, Retryable: the body could not be read.
        """
        if _KEY not in item or self._now() >= from_epoch_ms(item[_UNTIL]["N"]):
            return read_event(item)
        return unpack(Event, self._payloads.get(item[_KEY]["S"]))
