"""The stores under test: the fakes that use cases are tested with, and the tables they stand for."""

import pytest

from builders.ledger import TENANT
from builders.stores import in_memory, in_tables


@pytest.fixture(params=["memory", "tables"])
def stores(request):
    """Both kinds, so that a test of a use case on the fakes holds for the tables too."""
    if request.param == "memory":
        return in_memory()
    return request.getfixturevalue("table_stores")


@pytest.fixture
def client(aws):
    """A DynamoDB client of the test's own account."""
    return aws.client("dynamodb")


@pytest.fixture
def table_stores(client, tables):
    """The tables alone, for what only they can get wrong: races, sizes, indexes."""
    tenant_item = {"pk": {"S": f"T#{TENANT}"}, "sk": {"S": "TENANT"}}
    client.put_item(TableName=tables.tenant, Item=tenant_item)
    return in_tables(client, tables)
