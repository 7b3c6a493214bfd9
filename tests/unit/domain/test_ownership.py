"""Ownership: the agent where Salesforce knows them, else one fallback, always the same."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from builders.calls import ADMIN, ANN, NOBODY, an_org, the_settings
from switchhook.adapters.serial import from_json, to_json
from switchhook.domain.activity import OwnerChoice, OwnerKind
from switchhook.domain.facts.people import Agent, ListedAgent, OrgUser, People
from switchhook.domain.ownership import (
    choose_owner,
    is_by_conference,
    is_fallback,
    kind_of_owner,
    known_agent,
)

GONE = OrgUser(id="005000000000004AAA", name="Gone", email="gone@example.com", is_active=False)
BOB = OrgUser(id="005000000000003AAA", name="Bob", email="bob@example.com")
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 17, tzinfo=UTC)


def owner_of(agent, *, people=NOBODY, org=None, avoid=(), fallback=None):
    return choose_owner(
        agent,
        people=people,
        org=org or an_org(),
        settings=the_settings(ownership={"fallback_user_id": fallback}).ownership,
        avoid_users=frozenset(avoid),
    )


def users(*of_ann):
    return an_org(users_by_email={ANN.email: of_ann})


@pytest.mark.rule("AC-27", "CX-57", "XB-3", "PC-3", "PC-14", "X-4")
@pytest.mark.parametrize("email", ["ann@example.com", "ANN@Example.COM", " ann@example.com "])
def test_the_agent_with_a_users_email_owns_the_call(email):
    owner = owner_of(Agent(email=email))

    assert (owner.user_id, owner.rule) == (ANN.id, "AC-27")
    assert not is_fallback(owner)


@pytest.mark.rule("CX-59")
@pytest.mark.parametrize(
    ("twins", "expected"),
    [
        pytest.param(
            (replace(ANN, last_login_at=MONDAY), replace(ANN, id="0059", last_login_at=TUESDAY)),
            "0059",
            id="the one who logged in last",
        ),
        pytest.param(
            (replace(ANN, id="0058"), replace(ANN, id="0059", last_login_at=MONDAY)),
            "0059",
            id="one who logged in at all",
        ),
        pytest.param(
            (replace(ANN, id="0059"), replace(ANN, id="0058")), "0058", id="else the lowest id"
        ),
        pytest.param(
            (replace(ANN, id="0057", is_active=False), replace(ANN, id="0059")),
            "0059",
            id="never an inactive one",
        ),
    ],
)
def test_of_two_users_with_the_email_one_is_taken_whatever_their_order(twins, expected):
    assert owner_of(Agent(email=ANN.email), org=users(*twins)).user_id == expected
    assert owner_of(Agent(email=ANN.email), org=users(*reversed(twins))).user_id == expected


@pytest.mark.rule("AC-27")
@pytest.mark.parametrize(
    "agent",
    [
        pytest.param(Agent(id="17"), id="by id"),
        pytest.param(Agent(email="desk@pbx.example"), id="by e-mail"),
        pytest.param(Agent(extension="201"), id="by extension"),
        pytest.param(Agent(name=" ann agent"), id="by name"),
    ],
)
@pytest.mark.parametrize("user_id", [ANN.id, ANN.id[:15]])
def test_the_people_list_names_the_salesforce_user_of_an_agent(agent, user_id):
    listed = ListedAgent(
        id="17",
        email="desk@pbx.example",
        name="Ann Agent",
        extension="201",
        salesforce_user_id=user_id,
    )

    owner = owner_of(agent, people=People(agents=(ListedAgent(name="Bob"), listed)))

    assert (owner.user_id, owner.rule) == (ANN.id, "AC-27")


@pytest.mark.rule("AC-27")
def test_the_people_list_gives_the_email_that_the_event_does_not():
    people = People(agents=(ListedAgent(extension="201", email="ANN@example.com"),))

    assert owner_of(Agent(extension="201"), people=people).user_id == ANN.id


def test_a_name_that_two_listed_agents_share_names_nobody():
    people = People(
        agents=(
            ListedAgent(name="Ann", email="ann@example.com"),
            ListedAgent(name="ann", email="bob@example.com"),
        )
    )

    assert is_fallback(owner_of(Agent(name="Ann"), people=people))


@pytest.mark.parametrize("user_id", ["005000000000009AAA", "005000000000009"])
def test_a_listed_user_whom_the_org_does_not_know_gives_way_to_the_email(user_id):
    people = People(agents=(ListedAgent(email=ANN.email, salesforce_user_id=user_id),))

    assert owner_of(Agent(email=ANN.email), people=people).user_id == ANN.id


@pytest.mark.rule("AC-28", "CX-58", "XB-4", "PC-13", "X-3")
@pytest.mark.parametrize(
    ("agent", "told"),
    [
        pytest.param(None, "No agent", id="nobody took the call"),
        pytest.param(
            Agent(name="Zoe"), "The agent's e-mail is not", id="an agent without an e-mail"
        ),
        pytest.param(Agent(email="zoe@example.com"), "No active", id="an e-mail no user has"),
    ],
)
def test_without_a_user_for_the_agent_the_connecting_user_owns_the_call(agent, told):
    owner = owner_of(agent)

    assert (owner.user_id, owner.rule) == (ADMIN.id, "AC-28")
    assert is_fallback(owner)
    assert owner.text.startswith(told)


@pytest.mark.rule("AC-28", "CX-58", "SH-3")
@pytest.mark.parametrize(
    ("org", "avoid", "told"),
    [
        pytest.param(
            an_org(users_by_email={}, barred_by_email={ANN.email: (GONE,)}),
            (),
            "The agent's user in Salesforce is inactive, so",
            id="inactive",
        ),
        pytest.param(
            users(replace(ANN, is_active=False)),
            (),
            "The agent's user in Salesforce is inactive, so",
            id="inactive, and still among the others",
        ),
        pytest.param(
            users(replace(ANN, user_type="CsnOnly")),
            (),
            "The agent's user is of type CsnOnly, which cannot own a Task, so",
            id="without a licence to own",
        ),
        pytest.param(
            an_org(),
            (ANN.id,),
            "Salesforce refused the agent's user as the owner, so",
            id="refused by Salesforce",
        ),
    ],
)
def test_an_agent_who_cannot_own_gives_way_to_the_fallback_and_it_is_told_why(org, avoid, told):
    owner = owner_of(Agent(email="ANN@example.com"), org=org, avoid=avoid)

    assert (owner.user_id, owner.rule) == (ADMIN.id, "AC-28")
    assert owner.text.startswith(told)


@pytest.mark.rule("AC-27", "AC-28", "SH-3")
@pytest.mark.parametrize(
    ("named", "avoid", "told"),
    [
        pytest.param(GONE.id, (), "is inactive", id="inactive"),
        pytest.param(GONE.id[:15], (), "is inactive", id="inactive, by the short id"),
        pytest.param(BOB.id, (BOB.id,), "Salesforce refused", id="refused by Salesforce"),
        pytest.param("005000000000009AAA", (), "does not have", id="unknown"),
    ],
)
def test_a_listed_user_who_cannot_own_is_told_of(named, avoid, told):
    org = an_org(
        user_ids=frozenset({ADMIN.id, ANN.id, BOB.id}), barred_by_email={GONE.email: (GONE,)}
    )
    listed = ListedAgent(id="17", salesforce_user_id=named)

    fallback = owner_of(Agent(id="17"), people=People(agents=(listed,)), org=org, avoid=avoid)
    by_email = owner_of(
        Agent(id="17", email=ANN.email), people=People(agents=(listed,)), org=org, avoid=avoid
    )

    assert (fallback.user_id, fallback.rule) == (ADMIN.id, "AC-28")
    assert told in fallback.text
    assert (by_email.user_id, by_email.rule) == (ANN.id, "AC-27")
    assert "people list names cannot own" in by_email.text


@pytest.mark.rule("SH-11", "AC-27")
def test_a_partner_user_owns_calls_as_any_other():
    partner = replace(ANN, user_type="PowerPartner")

    assert owner_of(Agent(email=ANN.email), org=users(partner)).user_id == ANN.id


@pytest.mark.rule("XB-4", "AC-28", "SH-3")
def test_a_fallback_user_who_cannot_own_is_told_of():
    owner = owner_of(None, fallback=GONE.id)

    assert (owner.user_id, owner.rule) == (ADMIN.id, "AC-28")
    assert "the user whom the settings name cannot own it" in owner.text


@pytest.mark.rule("XB-4", "X-3")
def test_the_tenant_may_name_another_active_user_as_fallback():
    org = an_org(user_ids=frozenset({ADMIN.id, BOB.id}))

    owner = owner_of(None, org=org, fallback=BOB.id)

    assert (owner.user_id, owner.rule) == (BOB.id, "XB-4")
    assert is_fallback(owner)


@pytest.mark.rule("XB-4", "AC-28")
@pytest.mark.parametrize(
    ("known", "avoid"),
    [
        pytest.param({ADMIN.id}, (), id="not active any more"),
        pytest.param({ADMIN.id, BOB.id}, (BOB.id,), id="refused by Salesforce"),
    ],
)
def test_a_fallback_user_who_cannot_own_gives_way_to_the_connecting_user(known, avoid):
    org = an_org(user_ids=frozenset(known))

    assert owner_of(None, org=org, fallback=BOB.id, avoid=avoid).user_id == ADMIN.id


@pytest.mark.rule("AC-28")
@pytest.mark.parametrize(
    "people", [NOBODY, People(agents=(ListedAgent(salesforce_user_id=ANN.id, email=ANN.email),))]
)
def test_a_user_whom_salesforce_refused_is_not_chosen_again(people):
    assert owner_of(Agent(email=ANN.email), people=people, avoid=(ANN.id,)).user_id == ADMIN.id


def test_what_the_event_says_of_an_agent_beats_the_people_list():
    people = People(agents=(ListedAgent(id="17", email="list@example.com", name="Listed"),))

    assert known_agent(Agent(id="17", name="Ann"), people) == Agent(
        id="17", name="Ann", email="list@example.com"
    )
    assert known_agent(Agent(id="18", name="Ann"), people) == Agent(id="18", name="Ann")


@pytest.mark.rule("AC-27", "AC-28", "XB-4", "PC-18", "PC-19")
@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        pytest.param("AC-27", OwnerKind.AGENT, id="the agent's user"),
        pytest.param("XB-4", OwnerKind.TENANTS_CHOICE, id="whom the settings name"),
        pytest.param("AC-28", OwnerKind.CONNECTING_USER, id="who connected Salesforce"),
        pytest.param("PC-18", OwnerKind.LEAD_OWNER, id="a lead's owner who took part"),
        pytest.param("PC-19", OwnerKind.CONFERENCE_ELSE, id="who stands for a lead's owner"),
    ],
)
def test_an_owner_that_was_stored_without_a_kind_is_known_by_its_rule(rule, kind):
    stored = {"user_id": ANN.id, "rule": rule, "text": "As it was told."}

    assert kind_of_owner(from_json(OwnerChoice, stored)) is kind


@pytest.mark.rule("AC-28", "PC-18", "PC-19")
@pytest.mark.parametrize("kind", OwnerKind)
def test_what_an_owner_is_does_not_depend_on_the_rule_that_is_cited(kind):
    chosen = OwnerChoice(user_id=ANN.id, rule="AC-28", text="As it was told.", kind=kind)
    cited_otherwise = replace(chosen, rule="X-1", text="In other words.")

    assert kind_of_owner(cited_otherwise) is kind
    assert is_fallback(cited_otherwise) is is_fallback(chosen)
    assert is_by_conference(cited_otherwise) is is_by_conference(chosen)


@pytest.mark.rule("AC-27")
def test_an_owner_with_its_kind_is_stored_as_it_is():
    owner = owner_of(Agent(email=ANN.email))

    assert from_json(OwnerChoice, to_json(owner)) == owner
    assert to_json(owner)["kind"] == "agent"
