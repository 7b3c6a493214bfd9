"""The ledger as the tenant's admin sees it: lists, and one activity whole."""

import base64
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from switchhook.adapters.dynamodb.changes import table_refusals
from switchhook.adapters.dynamodb.keys import (
    EVENTS_FROM,
    HEAD,
    activity_of,
    activity_pk,
    read_decision,
    read_event,
    read_head,
    rfc3339_ms,
    storable,
    tenant_party,
    tenant_state,
)
from switchhook.domain.activity import Activity, Entry
from switchhook.domain.errors import Rejected
from switchhook.domain.tenants import Page
from switchhook.ports.admin import ActivityFilter, Story

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, QueryOutputTypeDef

    from switchhook.adapters.dynamodb.keys import Item, PartyHasher

_READ_AT_LEAST = 100
"""Items a filtered page looks at in one request; a rare filter then takes few pages."""

_LISTED_AT = re.compile(r"[0-9TZ:.-]{24}#[A-Za-z0-9_-]{1,64}", re.ASCII)

_BEFORE_ALL = "0"
_AFTER_ALL = "~"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """Which index answers, for which value of its key, and what is left to filter."""

    index: str
    attribute: str
    value: str
    filters: "dict[str, str]"

    def start_key(self, tenant: str, cursor: str, *, since: str, until: str) -> "Item":
        """Where the page after `cursor` begins; built from the asker's own tenant alone.

        DynamoDB refuses a start outside the asked time as malformed, so it is refused here: such a
        cursor was carried over from a question with other bounds.
        """
        try:
            activity_id, at = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
            is_ours = _LISTED_AT.fullmatch(at) and at.endswith(f"#{activity_id}")
        except (ValueError, TypeError) as exc:
            raise _foreign_cursor() from exc
        if not is_ours or not since <= at <= until:
            raise _foreign_cursor()
        return {
            "pk": {"S": activity_pk(tenant, activity_id)},
            "sk": {"S": HEAD},
            self.attribute: {"S": self.value},
            "listed_at": {"S": at},
        }


class LedgerTableReader:
    """The port LedgerReader over ActivityTable and its indexes."""

    def __init__(
        self, client: "DynamoDBClient", *, activity_table: str, hasher: "PartyHasher"
    ) -> None:
        self._client = client
        self._table = activity_table
        self._hasher = hasher

    def page(
        self, tenant_id: str, narrowed: ActivityFilter, *, limit: int, cursor: str | None
    ) -> Page[Activity]:
        """Activities, newest first; may lag a second behind the worker.

        State, party and time are answered by an index; kind, source and external id are filtered, so
        that a page may hold fewer than `limit`, even none, and still have a next one.

        Raises:
            Rejected: the cursor is none of ours.
            Retryable: the index could not be read.
        """
        question = self._question(tenant_id, narrowed)
        request = self._request(question, narrowed)
        request["Limit"] = max(limit, _READ_AT_LEAST) if question.filters else limit
        if cursor is not None:
            since, until = _bounds(narrowed)
            request["ExclusiveStartKey"] = question.start_key(
                tenant_id, cursor, since=since, until=until
            )
        with table_refusals("list activities", spread_by=tenant_id):
            answer = self._client.query(**request)
        items = answer["Items"][:limit]
        return Page(
            items=tuple(read_head(item) for item in items),
            next_cursor=_next_cursor(answer, limit),
        )

    def story(self, tenant_id: str, activity_id: str) -> Story | None:
        """One activity whole, strongly consistent; events in order of reception.

        Raises:
            Retryable: the table could not be read.
        """
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": activity_pk(tenant_id, activity_id)}},
            ConsistentRead=True,
        )
        with table_refusals("read an activity", spread_by=activity_id):
            items = [item for page in pages for item in page["Items"]]
        heads = [item for item in items if item["sk"]["S"] == HEAD]
        if not heads:
            return None
        events = [read_event(item) for item in items if item["sk"]["S"].startswith(EVENTS_FROM)]
        events.sort(key=lambda event: (event.received_at, event.event_id))
        decisions = [read_decision(item) for item in items if item["sk"]["S"].startswith("DEC#")]
        return Story(
            entry=Entry(head=read_head(heads[0]), events=tuple(events)),
            decisions=tuple(sorted(decisions, key=lambda decision: decision.number)),
        )

    def _question(self, tenant: str, narrowed: ActivityFilter) -> _Question:
        """The index that leaves least to filter: a party's own list, a state's, or the tenant's."""
        asked = {
            "kind": narrowed.kind,
            "source": narrowed.source,
            "external_id": narrowed.external_id,
        }
        filters = {name: storable(value) for name, value in asked.items() if value is not None}
        if narrowed.party is not None:
            if narrowed.state is not None:
                filters["state"] = narrowed.state.value
            party = tenant_party(tenant, narrowed.party, self._hasher)
            return _Question(
                index="by_party", attribute="tenant_party", value=party, filters=filters
            )
        if narrowed.state is not None:
            state = tenant_state(tenant, narrowed.state)
            return _Question(
                index="by_state", attribute="tenant_state", value=state, filters=filters
            )
        return _Question(index="by_time", attribute="tenant", value=tenant, filters=filters)

    def _request(self, question: _Question, narrowed: ActivityFilter) -> "QueryInputTypeDef":
        since, until = _bounds(narrowed)
        values: Item = {
            ":value": {"S": question.value},
            ":since": {"S": since},
            ":until": {"S": until},
        }
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "IndexName": question.index,
            "KeyConditionExpression": "#key = :value AND listed_at BETWEEN :since AND :until",
            "ExpressionAttributeNames": {"#key": question.attribute},
            "ExpressionAttributeValues": values,
            "ScanIndexForward": False,
        }
        if question.filters:
            values |= {f":{name}": {"S": value} for name, value in question.filters.items()}
            request["ExpressionAttributeNames"] = {
                "#key": question.attribute,
                **{f"#{name}": name for name in question.filters},
            }
            request["FilterExpression"] = " AND ".join(
                f"#{name} = :{name}" for name in question.filters
            )
        return request


def _bounds(narrowed: ActivityFilter) -> tuple[str, str]:
    """The first and last place in a list; without an id, so that since is in and until is out."""
    since = rfc3339_ms(narrowed.since) if narrowed.since else _BEFORE_ALL
    until = rfc3339_ms(narrowed.until) if narrowed.until else _AFTER_ALL
    return since, max(since, until)


def _foreign_cursor() -> Rejected:
    return Rejected(
        "This cursor is none of ours: give next_cursor of the page before, as it was, with the same "
        "filters.",
        code="invalid_cursor",
    )


def _next_cursor(answer: "QueryOutputTypeDef", limit: int) -> str | None:
    """Behind the last item given, or behind all that was looked at when that was not the end."""
    items, last = answer["Items"], answer.get("LastEvaluatedKey")
    if len(items) > limit:
        last = items[limit - 1]
    if not last:
        return None
    named = [activity_of(last["pk"]["S"])[1], last["listed_at"]["S"]]
    return base64.urlsafe_b64encode(json.dumps(named).encode("ascii")).decode("ascii")
