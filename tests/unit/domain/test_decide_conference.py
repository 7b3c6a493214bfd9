"""Who owns the Tasks of a conference: the lead's owner, the host, or who installed the integration."""

from dataclasses import replace

import pytest

from builders.calls import (
    ADA,
    ADMIN,
    ANN,
    BEN,
    CEM,
    NOBODY,
    a_call,
    a_conference,
    a_contact,
    a_decision_input,
    a_lead,
    an_account,
    an_org,
    external,
    internal,
    the_settings,
)
from switchhook.domain.calls.decide import decide
from switchhook.domain.facts.people import Agent, ListedAgent, OrgUser, People

BOB = OrgUser(id="005000000000003AAA", name="Bob", email="bob@example.com")
GONE = OrgUser(id="005000000000004AAA", name="Gone", email="gone@example.com", is_active=False)
PARTNER = OrgUser(
    id="005000000000005AAA", name="Pia", email="pia@partner.example", user_type="PowerPartner"
)
READER = OrgUser(id="005000000000006AAA", name="Ria", email="ria@example.com", user_type="CsnOnly")
ORG = an_org(
    users_by_email={user.email: (user,) for user in (ADMIN, ANN, BOB, PARTNER, READER)},
    barred_by_email={GONE.email: (GONE,)},
    user_ids=frozenset(user.id for user in (ADMIN, ANN, BOB, PARTNER)),
)


def by_lead_owner(otherwise="installer", **ownership):
    own = {"conference_lead_owner": True, "conference_lead_owner_else": otherwise, **ownership}
    return the_settings(ownership=own)


def lead_of(owner_id):
    return a_lead(owner_id=owner_id)


def owner_in(call, *candidates, settings=None, people=NOBODY, **more):
    inputs = a_decision_input(
        *candidates,
        call=call,
        settings=settings or by_lead_owner(),
        people=people,
        org=ORG,
    )
    decision = decide(replace(inputs, **more))
    return decision.slots[0], {reason.rule: reason.text for reason in decision.explanation}


@pytest.mark.rule("PC-18", "X-6")
@pytest.mark.parametrize(
    ("inside", "owner"),
    [
        pytest.param((ANN.email, BOB.email), BOB.id, id="as an agent"),
        pytest.param((ANN.email, "BOB@Example.COM"), BOB.id, id="in any case"),
        pytest.param((ANN.email, " bob@example.com "), BOB.id, id="between spaces"),
        pytest.param((ANN.email, PARTNER.email), PARTNER.id, id="as a partner user"),
        pytest.param((ANN.email,), ANN.id, id="as the host"),
    ],
)
def test_a_leads_owner_who_took_part_owns_the_leads_task(inside, owner):
    slot, told = owner_in(a_conference(ADA, BEN, inside=inside), lead_of(owner))

    assert (slot.owner.user_id, slot.owner.rule) == (owner, "PC-18")
    assert "PC-18" in slot.rules
    assert "took part" in told["PC-18"]
    assert "Created by:" not in slot.fields["Description"]


@pytest.mark.rule("PC-18")
def test_the_people_list_tells_which_end_is_the_leads_owner():
    people = People(agents=(ListedAgent(extension="202", salesforce_user_id=BOB.id),))
    ends = (internal(number="202"), external(ADA), external(BEN))

    slot, _ = owner_in(a_call(participants=ends), lead_of(BOB.id), people=people)

    assert slot.owner.user_id == BOB.id


@pytest.mark.rule("PC-18", "SH-11")
def test_a_leads_owner_at_an_outside_end_took_part_too():
    ends = (internal(email=ANN.email), external(ADA, email=PARTNER.email), external(BEN))

    slot, _ = owner_in(a_call(participants=ends), a_lead(numbers=(BEN,), owner_id=PARTNER.id))

    assert (slot.owner.user_id, slot.owner.rule) == (PARTNER.id, "PC-18")


@pytest.mark.rule("PC-19")
@pytest.mark.parametrize(
    ("owner_id", "more"),
    [
        pytest.param(BOB.id, {}, id="was not there"),
        pytest.param(None, {}, id="is not known"),
        pytest.param("00G000000000001AAA", {}, id="is a queue"),
        pytest.param(GONE.id, {}, id="is inactive"),
        pytest.param(READER.id, {}, id="has no licence to own"),
        pytest.param(ANN.id, {"avoid_users": frozenset({ANN.id})}, id="was refused"),
    ],
)
def test_else_the_installer_owns_the_leads_task_and_it_names_the_agent(owner_id, more):
    call = a_conference(ADA, BEN, inside=(ANN.email, GONE.email, READER.email))

    slot, told = owner_in(call, lead_of(owner_id), **more)

    assert (slot.owner.user_id, slot.owner.rule) == (ADMIN.id, "PC-19")
    assert "No user who owns the lead" in told["PC-19"]
    assert "\nCreated by: Ann Agent <ann@example.com>\n" in slot.fields["Description"]


@pytest.mark.rule("PC-19", "XB-4")
def test_the_installer_is_whom_the_tenant_named_instead():
    settings = by_lead_owner(fallback_user_id=BOB.id)

    slot, _ = owner_in(a_conference(ADA, BEN), lead_of(PARTNER.id), settings=settings)

    assert (slot.owner.user_id, slot.owner.rule) == (BOB.id, "PC-19")


@pytest.mark.rule("PC-19", "PC-15")
def test_an_installer_who_was_the_host_stands_in_for_nobody():
    call = a_conference(ADA, BEN, agent=Agent(email=ADMIN.email))

    slot, _ = owner_in(call, lead_of(BOB.id))

    assert slot.owner.user_id == ADMIN.id
    assert "Created by:" not in slot.fields["Description"]


@pytest.mark.rule("PC-15", "PC-13", "PC-19")
@pytest.mark.parametrize(("otherwise", "rule"), [("installer", "PC-19"), ("host", "AC-28")])
def test_a_host_whom_salesforce_does_not_know_is_named(otherwise, rule):
    call = a_conference(ADA, BEN, agent=Agent(name="Zoe", email="zoe@example.com"))

    slot, told = owner_in(call, lead_of(BOB.id), settings=by_lead_owner(otherwise))

    assert (slot.owner.user_id, slot.owner.rule) == (ADMIN.id, rule)
    assert "No user who owns the lead" in told[rule]
    assert "\nCreated by: Zoe <zoe@example.com>\n" in slot.fields["Description"]


@pytest.mark.rule("PC-19")
def test_or_the_host_owns_it_where_the_tenant_says_so():
    slot, told = owner_in(a_conference(ADA, BEN), lead_of(BOB.id), settings=by_lead_owner("host"))

    assert (slot.owner.user_id, slot.owner.rule) == (ANN.id, "PC-19")
    assert "No user who owns the lead" in told["PC-19"]
    assert "Created by:" not in slot.fields["Description"]


@pytest.mark.rule("PC-14", "X-6")
@pytest.mark.parametrize("record", [a_contact(owner_id=BOB.id), an_account(owner_id=BOB.id)])
def test_a_contacts_or_accounts_task_of_a_conference_is_the_hosts(record):
    slot, told = owner_in(a_conference(ADA, BEN, inside=(ANN.email, BOB.email)), record)

    assert (slot.owner.user_id, slot.owner.rule) == (ANN.id, "AC-27")
    assert "PC-14" in slot.rules
    assert "host" in told["PC-14"]


@pytest.mark.rule("PC-14", "PC-13")
def test_or_the_installers_when_salesforce_does_not_know_the_host():
    call = a_conference(ADA, BEN, agent=Agent(email="zoe@example.com"))

    slot, _ = owner_in(call, a_contact())

    assert (slot.owner.user_id, slot.owner.rule) == (ADMIN.id, "AC-28")


@pytest.mark.rule("X-6", "PC-18", "PC-14")
def test_a_conference_with_both_follows_each_records_own_rule():
    call = a_conference(ADA, BEN, CEM, inside=(ANN.email, BOB.email))
    inputs = a_decision_input(
        a_contact(),
        a_lead(numbers=(BEN,), owner_id=BOB.id),
        a_lead("00Q000000000002AAA", numbers=(CEM,), owner_id=GONE.id),
        call=call,
        settings=by_lead_owner(),
        org=ORG,
    )

    decision = decide(inputs)

    assert [slot.owner.user_id for slot in decision.slots] == [ANN.id, BOB.id, ADMIN.id]
    assert {"PC-14", "PC-17", "PC-18", "PC-19"} <= {reason.rule for reason in decision.explanation}


@pytest.mark.rule("PC-18", "X-6")
@pytest.mark.parametrize(
    ("call", "settings"),
    [
        pytest.param(
            a_conference(ADA, inside=(ANN.email, BOB.email)),
            by_lead_owner(),
            id="one person outside is no conference",
        ),
        pytest.param(
            a_conference(ADA, "(415) 555-0100", inside=(ANN.email, BOB.email)),
            by_lead_owner(),
            id="one number written twice is none either",
        ),
        pytest.param(
            a_conference(ADA, BEN, inside=(ANN.email, BOB.email)),
            the_settings(),
            id="the tenant does not want it",
        ),
    ],
)
def test_else_a_leads_task_is_the_agents(call, settings):
    slot, told = owner_in(call, lead_of(BOB.id), settings=settings)

    assert (slot.owner.user_id, slot.owner.rule) == (ANN.id, "AC-27")
    assert not {"PC-18", "PC-19"} & told.keys()


@pytest.mark.rule("PC-14", "AC-9")
def test_leads_made_for_a_conference_are_the_hosts():
    settings = the_settings(
        calls={"unknown_number": "lead"}, ownership={"conference_lead_owner": True}
    )

    decision = decide(a_decision_input(call=a_conference(ADA, BEN), settings=settings, org=ORG))

    assert {slot.owner.user_id for slot in decision.slots} == {ANN.id}
    assert {slot.person.fields["OwnerId"] for slot in decision.slots} == {ANN.id}
