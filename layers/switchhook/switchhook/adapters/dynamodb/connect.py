"""What connecting keeps in TenantTable: tickets, OAuth states, the app (docs/access-patterns.md).

Tickets and states are each taken once; item `APP` says which Salesforce app a tenant connects with.
"""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from switchhook.adapters.dynamodb.changes import (
    change_together,
    key,
    put_new,
    table_refusals,
    tenant_exists,
)
from switchhook.adapters.dynamodb.keys import Item, StoredItem, tenant_pk
from switchhook.domain.connection import OwnApp
from switchhook.ports.connect import AppChoice, ConnectState, ConnectTicket

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


class DynamoConnectSteps:
    """The port `ConnectSteps`; taking is one delete, so of two who come at once one gets it."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def tenant_name(self, tenant: str) -> str | None:
        """What a tenant is called, strongly consistent; None when it is gone.

        Raises:
            Retryable: the table cannot be read now.
        """
        with table_refusals("read a tenant's name"):
            item = self._client.get_item(
                TableName=self._table,
                Key=key(tenant_pk(tenant), "TENANT"),
                ConsistentRead=True,
                ProjectionExpression="#name",
                ExpressionAttributeNames={"#name": "name"},
            ).get("Item")
        return None if item is None else item["name"]["S"]

    def put_ticket(self, ticket_hash: str, ticket: ConnectTicket) -> None:
        """Remember a new ticket; its reader compares `expires_at`, TTL only collects it.

        Raises:
            Conflict: the tenant is being deleted.
            Retryable: the table cannot be written now.
        """
        item: Item = {
            **key(f"TICKET#{ticket_hash}", "TICKET"),
            "tenant": {"S": ticket.tenant},
            "confirm_org": {"BOOL": ticket.confirm_org},
            "expires_at": {"N": str(int(ticket.expires_at.timestamp()))},
        }
        change_together(
            self._client,
            "issue a connect ticket",
            [tenant_exists(self._table, ticket.tenant), put_new(self._table, item)],
        )

    def read_ticket(self, ticket_hash: str) -> ConnectTicket | None:
        """The ticket, which stays; None when there is none (any more).

        Raises:
            Retryable: the table cannot be read now.
        """
        with table_refusals("read a connect ticket"):
            return _ticket(
                self._client.get_item(
                    TableName=self._table,
                    Key=key(f"TICKET#{ticket_hash}", "TICKET"),
                    ConsistentRead=True,
                ).get("Item")
            )

    def take_ticket(self, ticket_hash: str) -> ConnectTicket | None:
        """Remove and return the ticket; None when there is none (any more).

        Raises:
            Retryable: the table cannot be written now.
        """
        return _ticket(self._take(f"TICKET#{ticket_hash}", "TICKET"))

    def put_state(self, state_hash: str, state: ConnectState) -> None:
        """Remember a state; putting it twice is harmless.

        Raises:
            Retryable: the table cannot be written now.
        """
        with table_refusals("remember an OAuth state"):
            self._client.put_item(
                TableName=self._table,
                Item={
                    **key(f"STATE#{state_hash}", "STATE"),
                    "tenant": {"S": state.tenant},
                    "confirm_org": {"BOOL": state.confirm_org},
                    "browser_hash": {"S": state.browser_hash},
                    "verifier_ciphertext": {"B": state.verifier_ciphertext},
                    "login_url": {"S": state.login_url},
                    "redirect_uri": {"S": state.redirect_uri},
                    **({} if state.app is None else {"app": {"S": json.dumps(asdict(state.app))}}),
                    "expires_at": {"N": str(int(state.expires_at.timestamp()))},
                },
            )

    def take_state(self, state_hash: str) -> ConnectState | None:
        """Remove and return the state; None when there is none (any more).

        Raises:
            Retryable: the table cannot be written now.
        """
        item = self._take(f"STATE#{state_hash}", "STATE")
        if item is None:
            return None
        return ConnectState(
            tenant=item["tenant"]["S"],
            confirm_org=item["confirm_org"]["BOOL"],
            browser_hash=item["browser_hash"]["S"],
            verifier_ciphertext=bytes(item["verifier_ciphertext"]["B"]),
            login_url=item["login_url"]["S"],
            redirect_uri=item["redirect_uri"]["S"],
            expires_at=_expiry(item),
            app=OwnApp(**json.loads(item["app"]["S"])) if "app" in item else None,
        )

    def _take(self, pk: str, sk: str) -> StoredItem | None:
        with table_refusals("take a single-use item"):
            return self._client.delete_item(
                TableName=self._table, Key=key(pk, sk), ReturnValues="ALL_OLD"
            ).get("Attributes")


def _ticket(item: StoredItem | None) -> ConnectTicket | None:
    if item is None:
        return None
    return ConnectTicket(
        tenant=item["tenant"]["S"],
        confirm_org=item.get("confirm_org", {}).get("BOOL", False),
        expires_at=_expiry(item),
    )


def _expiry(item: StoredItem) -> datetime:
    return datetime.fromtimestamp(int(item["expires_at"]["N"]), tz=UTC)


SORT_KEY = "APP"


class AppChoiceTable:
    """The port `AppChoices`; the app's secret itself lies in Secrets Manager."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def read(self, tenant: str) -> AppChoice | None:
        """The tenant's choice, strongly consistent; None while it uses the deployment's app.

        Raises:
            Retryable: the table cannot be read now.
        """
        with table_refusals("read which app a tenant uses"):
            item = self._client.get_item(
                TableName=self._table, Key=key(tenant_pk(tenant), SORT_KEY), ConsistentRead=True
            ).get("Item")
        if item is None:
            return None
        app = OwnApp(client_id=item["client_id"]["S"], secret_id=item["secret_id"]["S"])
        return AppChoice(app=app, login_url=item["login_url"]["S"])

    def put(self, tenant: str, choice: AppChoice) -> None:
        """Store the choice, if the tenant still exists; doing it twice is harmless.

        Raises:
            Conflict: the tenant is being deleted.
            Retryable: the table cannot be written now.
        """
        chosen: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self._table,
                "Item": {
                    **key(tenant_pk(tenant), SORT_KEY),
                    "client_id": {"S": choice.app.client_id},
                    "secret_id": {"S": choice.app.secret_id},
                    "login_url": {"S": choice.login_url},
                },
            }
        }
        change_together(
            self._client,
            "store which app a tenant uses",
            [tenant_exists(self._table, tenant), chosen],
        )

    def drop(self, tenant: str) -> None:
        """Forget the choice; harmless when there is none.

        Raises:
            Retryable: the table cannot be written now.
        """
        with table_refusals("forget which app a tenant used"):
            self._client.delete_item(TableName=self._table, Key=key(tenant_pk(tenant), SORT_KEY))
