"""Samples of every provider in which fields have become something else: read, or refused in our own words."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.any_json import spoilt
from switchhook.adapters.providers.catalog import PROVIDERS, edge_of, payload_parser
from switchhook.adapters.providers.errors import IgnoredType, Unreadable
from switchhook.ports.ingress import WebhookRequest

HERE = Path(__file__).parent
SAMPLES = {name: sorted((HERE / name).glob("*.json")) for name in PROVIDERS}
# After all that the samples tell of.
RECEIVED = datetime(2026, 11, 20, 16, tzinfo=UTC) + timedelta(days=365)


@pytest.mark.parametrize("provider", SAMPLES)
@given(data=st.data())
def test_any_json_is_an_event_or_a_refusal(provider: str, data: st.DataObject):
    """No other error reaches the ingress or the worker, wherever the odd value stands."""
    sample = data.draw(st.sampled_from(SAMPLES[provider]))
    body: Any = spoilt(json.loads(sample.read_text(encoding="utf-8")), data)
    raw = json.dumps(body).encode()

    located = edge_of(provider).locate(WebhookRequest(headers={}, body=raw))

    for one in (located, *located.others):
        with suppress(Unreadable, IgnoredType):
            event = payload_parser(provider)(one.body or raw, event_id="e", received_at=RECEIVED)
            assert event.kind in PROVIDERS[provider].kinds
            assert event.occurred_at <= RECEIVED
