"""A changed identification holds for the next call, whatever was remembered of the caller."""

import pytest

from fakes.office import NUMBER, TENANT, Office, answered_call
from switchhook.domain.activity import State

OWN = {"preset": "standard", "default_region": "US", "time_zone": "America/Los_Angeles"}


@pytest.mark.rule("CX-21", "CX-22")
def test_a_remembered_match_does_not_outlive_a_change_of_what_identifies():
    office = Office()
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    before = office.deliver(call_id="c-1")
    searches = office.org.calls.count("search")
    office.deliver(call_id="c-2")
    assert office.org.calls.count("search") == searches

    office.tenants.set_settings(
        TENANT,
        {**OWN, "matching": {"identification": {"contact": [{"by": "email"}]}}},
        effective_at=office.clock.now(),
    )
    after = office.deliver(answered_call(ended_at=office.clock.now()), call_id="c-3")

    assert before.state is State.LOGGED
    assert (after.state, after.rule) == (State.SKIPPED, "XB-15")


@pytest.mark.rule("CX-21")
def test_a_field_that_the_org_does_not_show_is_named_in_the_explanation():
    office = Office(
        preset={"matching": {"identification": {"contact": [{"by": "Gone__c"}, {"by": "phone"}]}}}
    )
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)

    head = office.deliver(call_id="c-1")

    (decision,) = office.ledger.decisions[(TENANT, head.id)].values()
    told = [reason["text"] for reason in decision.explanation if reason["rule"] == "CX-21"]
    assert head.state is State.LOGGED
    assert any("Contact.Gone__c" in text for text in told)
