"""An org's metadata is remembered as it was fetched, for large orgs too."""

import random
import string
from dataclasses import replace

import pytest

from builders.ledger import T0, TENANT, after
from switchhook.domain.crm import StoredFacts
from switchhook.domain.decision import OrgFacts, TaskStatus
from switchhook.domain.errors import Permanent
from switchhook.domain.facts.people import OrgUser

pytestmark = [pytest.mark.emulator]


def an_org(size):
    """Users with ids and names as hard to compress as real ones."""
    chance = random.Random(size)  # noqa: S311 - the same org every time
    letters = string.ascii_letters + string.digits
    users = []
    for number in range(size):
        name = "".join(chance.choices(string.ascii_lowercase, k=12)).title()
        users.append(
            OrgUser(
                id="0058d0000" + "".join(chance.choices(letters, k=9)),
                name=f"Agent {name}",
                email=f"{name.lower()}@engines-example.com",
                last_login_at=after(-chance.randrange(10**7)) if number % 5 else None,
            )
        )
    return StoredFacts(
        facts=OrgFacts(
            task_statuses=(
                TaskStatus(api_name="Not Started", is_closed=False, is_default=True),
                TaskStatus(api_name="Completed", is_closed=True),
            ),
            users_by_email={user.email: (user,) for user in users},
            user_ids=frozenset({*(user.id for user in users), "005000000000009AAA"}),
            connecting_user=OrgUser(
                id="005000000000001AAA", name="Admin One", email="a@example.com"
            ),
            phone_fields={"Contact": ("Phone", "MobilePhone"), "Lead": ("Phone",)},
            person_accounts=True,
        ),
        fetched_at=T0,
        org_id="00D000000000001EAA",
    )


def test_nothing_is_remembered_of_an_unknown_org(stores):
    assert stores.memory.recall(TENANT) is None


def test_the_newest_metadata_are_remembered(stores):
    stores.memory.remember(TENANT, an_org(3))
    newest = replace(an_org(2), fetched_at=after(60))

    stores.memory.remember(TENANT, newest)

    assert stores.memory.recall(TENANT) == newest
    assert stores.memory.recall("other") is None


def test_an_org_of_5000_users_fits_into_half_an_item(table_stores, client, tables):
    large = an_org(5000)

    table_stores.memory.remember(TENANT, large)

    assert table_stores.memory.recall(TENANT) == large
    item = client.get_item(
        TableName=tables.tenant, Key={"pk": {"S": "T#acme"}, "sk": {"S": "METADATA"}}
    )["Item"]
    assert len(item["body"]["B"]) < 200_000


def test_an_org_that_does_not_fit_is_refused_in_words(table_stores):
    with pytest.raises(Permanent, match="too many active users") as refused:
        table_stores.memory.remember(TENANT, an_org(20_000))

    assert refused.value.code == "org_too_large"
