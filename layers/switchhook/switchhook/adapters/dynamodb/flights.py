"""Caps a tenant's writes in flight (docs/adr/0005-writes-in-flight.md)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from switchhook.adapters.dynamodb.changes import (
    CONDITION_FAILED,
    code_of,
    stored_item,
    table_refusals,
)
from switchhook.adapters.dynamodb.keys import epoch_ms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from switchhook.adapters.dynamodb.keys import Item, StoredItem

_UNTIL = "until_"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """The places as a refused take-off showed them: each holder's end, in epoch milliseconds."""

    ends: "Mapping[str, int]"

    def expired(self, now: "datetime") -> list[str]:
        return sorted(holder for holder, end in self.ends.items() if end < epoch_ms(now))


class FlightTable:
    """The port Flights over DirectoryTable's item FLIGHT.

    The item holds a set `holders` and, for each, its end as `until_<activity>`.
    """

    def __init__(self, client: "DynamoDBClient", *, directory_table: str) -> None:
        self._client = client
        self._table = directory_table

    def take_off(
        self, tenant: str, activity_id: str, *, cap: int, now: "datetime", until: "datetime"
    ) -> bool:
        """True when the activity may write until `until`; False when the tenant is at its cap.

        An activity that already holds a place keeps it, with the new end. A full tenant refuses,
        and the refusal shows who holds the places: those whose end has passed give way in a second
        conditional write, the only one with an effect.

        Raises:
            Retryable: the table could not be written.
        """
        with table_refusals("take off", spread_by=activity_id):
            seen = self._take_free_place(tenant, activity_id, cap=cap, until=until)
            if seen is None:
                return True
            expired = seen.expired(now)
            if len(seen.ends) - len(expired) >= cap:
                return False
            return self._take_expired_place(tenant, activity_id, seen, expired, until=until)

    def land(self, tenant: str, activity_id: str) -> None:
        """Give the place back; harmless when it is not held.

        Raises:
            Retryable: the table could not be written; the place frees itself at its end.
        """
        with table_refusals("land", spread_by=activity_id):
            self._client.update_item(
                TableName=self._table,
                Key=_key(tenant),
                UpdateExpression="DELETE holders :me REMOVE #until",
                ExpressionAttributeNames={"#until": _UNTIL + activity_id},
                ExpressionAttributeValues={":me": {"SS": [activity_id]}},
            )

    def _take_free_place(
        self, tenant: str, activity_id: str, *, cap: int, until: "datetime"
    ) -> _Seen | None:
        """None when the place is taken, else what stood in the way."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(tenant),
                UpdateExpression="ADD holders :me SET #until = :until",
                ConditionExpression=(
                    "attribute_not_exists(holders) OR size(holders) < :cap"
                    " OR contains(holders, :activity)"
                ),
                ExpressionAttributeNames={"#until": _UNTIL + activity_id},
                ExpressionAttributeValues={
                    ":me": {"SS": [activity_id]},
                    ":activity": {"S": activity_id},
                    ":until": {"N": str(epoch_ms(until))},
                    ":cap": {"N": str(cap)},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as exc:
            if code_of(exc) != CONDITION_FAILED:
                raise
            return _seen(stored_item(exc))
        return None

    def _take_expired_place(
        self,
        tenant: str,
        activity_id: str,
        seen: _Seen,
        expired: list[str],
        *,
        until: "datetime",
    ) -> bool:
        """Put the activity in the place of the expired, if nobody has moved since they were seen."""
        names = {"#until": _UNTIL + activity_id}
        names |= {f"#end{index}": _UNTIL + holder for index, holder in enumerate(expired)}
        values: Item = {
            ":seen": {"SS": sorted(seen.ends)},
            ":now": {"SS": sorted((seen.ends.keys() - set(expired)) | {activity_id})},
            ":until": {"N": str(epoch_ms(until))},
        }
        values |= {
            f":end{index}": {"N": str(seen.ends[holder])} for index, holder in enumerate(expired)
        }
        unmoved = [f"#end{index} = :end{index}" for index in range(len(expired))]
        removed = ", ".join(f"#end{index}" for index in range(len(expired)))
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(tenant),
                UpdateExpression=f"SET holders = :now, #until = :until REMOVE {removed}",
                ConditionExpression=" AND ".join(["holders = :seen", *unmoved]),
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
            )
        except ClientError as exc:
            if code_of(exc) != CONDITION_FAILED:
                raise
            return False
        return True


def _key(tenant: str) -> "Item":
    return {"pk": {"S": f"T#{tenant}#FLIGHT"}, "sk": {"S": "FLIGHT"}}


def _seen(item: "StoredItem") -> _Seen:
    holders = item["holders"]["SS"] if "holders" in item else ()
    return _Seen(ends={holder: int(item[_UNTIL + holder]["N"]) for holder in holders})
