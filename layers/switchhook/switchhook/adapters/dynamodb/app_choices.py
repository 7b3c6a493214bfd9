"""Which Salesforce app a tenant connects with: TenantTable, item `APP` (docs/access-patterns.md)."""

from typing import TYPE_CHECKING

from switchhook.adapters.dynamodb.refusals import table_refusals
from switchhook.adapters.dynamodb.tenant_items import (
    change_together,
    key,
    tenant_exists,
    tenant_pk,
)
from switchhook.domain.connection import OwnApp
from switchhook.ports_connect import AppChoice

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

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
