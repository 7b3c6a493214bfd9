"""What becomes of a call when Salesforce refuses its record, its owner or the person made for it."""

import pytest

from builders.mortal import deliver_and_die
from fakes.office import NUMBER, TENANT, Office
from fakes.salesforce import ADMIN, AGENT, FakeOrg, commit_then, refuse
from switchhook.domain.activity import RecordRef, State
from switchhook.domain.crm import NewRecord, OrgRules, Refused, SearchAnswer, WriteAnswer
from switchhook.domain.decision import Candidate
from switchhook.domain.errors import OutcomeUnknown, Permanent, Retryable

NO_ANSWER = OutcomeUnknown("Salesforce did not answer.")
POLICIES = pytest.mark.parametrize(
    ("policy", "object_type"), [("contact", "Contact"), ("lead", "Lead"), ("account", "Account")]
)


def creating(policy: str = "lead", **more: object) -> Office:
    matching = {"match_cache_minutes": 0}
    return Office(preset={"calls": {"unknown_number": policy}, "matching": matching, **more})


def texts(office: Office, call_id: str = "c-1") -> dict[str, list[str]]:
    head = office.head(call_id)
    decisions = office.ledger.decisions[(TENANT, head.id)]
    said: dict[str, list[str]] = {}
    for step in decisions[max(decisions)].explanation:
        said.setdefault(step["rule"], []).append(step["text"])
    return said


def claimed(office: Office) -> list[RecordRef | None]:
    return [claim.record for claim in office.directory.claims.values()]


@POLICIES
@pytest.mark.rule("AC-9", "SH-1")
def test_an_unknown_number_becomes_one_record_of_the_chosen_kind(policy: str, object_type: str):
    office = creating(policy)
    office.org.searchable = False

    for number in range(3):
        office.deliver(call_id=f"c-{number}")

    (person,) = [one for one in office.org.records if one.type != "Task"]
    field = "WhatId" if object_type == "Account" else "WhoId"
    assert person.type == object_type
    assert [task[field] for task in office.tasks] == [person.id] * 3


@POLICIES
@pytest.mark.rule("AC-9", "SH-1")
def test_a_person_whose_answer_was_lost_is_found_with_the_task(policy: str, object_type: str):
    office = creating(policy)
    office.org.searchable = False
    office.org.next_sends = [commit_then(NO_ANSWER)]

    office.deliver(call_id="c-1")
    office.pass_time(30)
    second = office.deliver(call_id="c-2")

    (person,) = office.org.of_type(object_type)
    assert office.head("c-1").slots[0].created == RecordRef(type=object_type, id=person.id)
    assert second.slots[0].record == RecordRef(type=object_type, id=person.id)
    assert len(office.tasks) == 2


@POLICIES
@pytest.mark.rule("AC-9", "SH-1", "XB-20")
def test_a_person_we_made_that_was_merged_is_followed_and_the_claim_with_it(
    policy: str, object_type: str
):
    office = creating(policy)
    office.org.searchable = False
    office.deliver(call_id="c-1")
    (made,) = office.org.of_type(object_type)
    master = office.org.load(object_type, LastName="Byron", Name="Byron")
    office.org.delete(made.id)
    office.org.became[made.id] = master
    office.org.calls.clear()

    second = office.deliver(call_id="c-2")
    costs = list(office.org.calls)
    third = office.deliver(call_id="c-3")

    assert second.slots[0].record == third.slots[0].record == master
    assert costs == ["search", "send", "successors", "search", "send"]
    assert claimed(office) == [master]
    assert "it became" in texts(office, "c-2")["SH-1"][0]
    assert len(office.org.of_type(object_type)) == 1


@pytest.mark.rule("AC-9", "SH-1", "XB-20")
def test_a_lead_we_made_that_was_converted_is_followed_to_its_contact():
    office = creating("lead")
    office.org.searchable = False
    office.deliver(call_id="c-1")
    (lead,) = office.org.of_type("Lead")
    contact = office.org.load("Contact", LastName="Byron")
    office.org.delete(lead.id)
    office.org.became[lead.id] = contact

    heads = [office.deliver(call_id=call) for call in ("c-2", "c-3")]

    assert [head.slots[0].record for head in heads] == [contact, contact]
    assert [task["WhoId"] for task in office.tasks[-2:]] == [contact.id, contact.id]
    assert office.org.of_type("Lead") == []


@POLICIES
@pytest.mark.rule("AC-9", "SH-1")
def test_a_person_we_made_that_was_deleted_is_made_once_more(policy: str, object_type: str):
    office = creating(policy)
    office.deliver(call_id="c-1")
    office.org.searchable = False
    office.org.delete(office.org.of_type(object_type)[0].id)

    second = office.deliver(call_id="c-2")
    office.deliver(call_id="c-3")

    (person,) = office.org.of_type(object_type)
    assert second.state is State.LOGGED
    assert claimed(office) == [RecordRef(type=object_type, id=person.id)]


@pytest.mark.rule("SH-1")
def test_a_cached_match_that_was_merged_is_followed_under_the_same_key():
    office = Office()
    old = office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    office.deliver(call_id="c-1")
    master = office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    office.org.delete(old.id)
    office.org.became[old.id] = master
    keys: list[object] = []
    apply = office.org.apply

    def watched(records):
        keys.append(records[-1].fields["CallObject"])
        return apply(records)

    office.org.apply = watched  # type: ignore[method-assign]
    head = office.deliver(call_id="c-2")

    assert head.slots[0].record == master
    assert keys == [head.slots[0].key] * 2


@pytest.mark.rule("SH-1", "XB-20")
def test_a_dead_record_that_the_index_still_shows_is_followed():
    office = Office()
    old = office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    found = Candidate(record=old, name="Byron", numbers=(NUMBER,), created_at=office.clock.now())
    lagging = SearchAnswer(candidates=(found,))
    master = office.org.load("Contact", LastName="Byron")
    office.org.delete(old.id)
    office.org.became[old.id] = master
    office.org.search = lambda *_: lagging  # type: ignore[method-assign]

    head = office.deliver()

    assert (head.state, head.slots[0].record) == (State.LOGGED, master)


@pytest.mark.rule("SH-1")
def test_a_record_that_may_not_be_used_is_not_made_a_second_time():
    office = creating("lead")
    office.deliver(call_id="c-1")
    code = "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
    office.org.next_sends = [refuse(code)]
    office.org.searchable = False

    head = office.deliver(call_id="c-2")

    assert (head.state, head.reason) == (State.FAILED, "record_refused")
    assert len(office.org.of_type("Lead")) == 1


@pytest.mark.rule("SH-1")
def test_not_knowing_what_became_of_a_record_only_waits():
    office = Office()
    old = office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    office.deliver(call_id="c-1")
    office.org.delete(old.id)
    office.org.load("Contact", LastName="King", Phone=NUMBER)
    office.org.next_reads = [Retryable("Busy.", code="SERVER_UNAVAILABLE", after_s=5)]

    waiting = office.deliver(call_id="c-2")
    office.pass_time(60)

    assert waiting.state is State.WAITING
    assert office.head("c-2").state is State.LOGGED


@pytest.mark.rule("SH-1")
def test_an_org_that_does_not_tell_what_became_of_a_record_keeps_its_claims():
    office = creating("lead")
    office.deliver(call_id="c-1")
    lead = office.org.of_type("Lead")[0]
    other = office.org.load("Contact", LastName="King", Phone=NUMBER)
    office.org.next_sends = [refuse("INVALID_CROSS_REFERENCE_KEY", ref="task1")]
    office.directory.matches.clear()
    successors = office.org.successors

    def silent(*_):
        raise Permanent("No such column.", code="INVALID_FIELD")

    office.org.successors = silent  # type: ignore[method-assign]
    office.org.records.remove(next(one for one in office.org.records if one.id == other.id))
    office.deliver(call_id="c-2")
    office.org.successors = successors  # type: ignore[method-assign]

    assert claimed(office) == [RecordRef(type="Lead", id=lead.id)]


@pytest.mark.rule("AC-28", "XB-4", "CX-58")
def test_an_owner_whom_salesforce_refuses_is_replaced_and_the_explanation_says_so():
    office = Office()
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    office.deliver(call_id="warm-up")
    office.org.users = (ADMIN,)

    head = office.deliver(call_id="c-1")

    assert office.tasks[-1]["OwnerId"] == ADMIN.id
    assert head.state is State.LOGGED
    assert any(AGENT.id in text for text in texts(office)["XB-4"])


# Duplicate rules


def named_by_rule(*existing: RecordRef, warns: bool = False):
    """The org's duplicate rule refuses the person of the next request and names these records."""

    def behave(org: FakeOrg, records: list[NewRecord]) -> WriteAnswer:
        if warns and org.sent_rules[-1].save_duplicates:
            return org.apply(records)
        halted = {"code": "PROCESSING_HALTED", "message": "rolled back", "rolled_back": True}
        refusals = [Refused(ref=record.ref, **halted) for record in records]
        refusals[0] = Refused(
            ref=records[0].ref,
            code="DUPLICATES_DETECTED",
            message="Use one of these records?",
            existing=existing,
            may_be_overruled=warns,
        )
        return WriteAnswer(results=tuple(refusals))

    return behave


@POLICIES
@pytest.mark.rule("AC-9", "SH-1")
def test_the_record_a_duplicate_rule_names_is_used_and_remembered(policy: str, object_type: str):
    office = creating(policy)
    existing = office.org.load("Contact", LastName="Byron", Email="ada@example.com")
    office.org.searchable = False
    office.org.next_sends = [named_by_rule(existing)]

    first = office.deliver(call_id="c-1")
    office.org.calls.clear()
    second = office.deliver(call_id="c-2")

    assert [head.slots[0].record for head in (first, second)] == [existing, existing]
    assert [task["WhoId"] for task in office.tasks] == [existing.id, existing.id]
    assert [one.type for one in office.org.records] == ["Contact", "Task", "Task"]
    assert office.org.calls == ["search", "send"]
    assert "duplicate rule" in " ".join(texts(office, "c-1")["AC-9"])


@pytest.mark.rule("AC-9")
def test_a_rule_that_warns_and_names_nobody_usable_is_overruled():
    office = creating("lead")
    rule = named_by_rule(warns=True)
    office.org.next_sends = [rule, rule]

    head = office.deliver()

    assert head.state is State.LOGGED
    assert [rules.save_duplicates for rules in office.org.sent_rules] == [False, True]
    assert "warns" in " ".join(texts(office)["AC-9"])


@pytest.mark.rule("AC-9", "SH-1")
def test_a_rule_that_blocks_and_names_nobody_usable_fails_and_gives_the_claim_back():
    office = creating("lead")
    office.org.next_sends = [named_by_rule()]

    head = office.deliver()

    assert (head.state, head.reason) == (State.FAILED, "DUPLICATES_DETECTED")
    assert claimed(office) == []


@pytest.mark.rule("AC-9", "SH-1")
def test_a_person_named_by_a_rule_who_is_refused_in_turn_is_final():
    office = creating("lead")
    dead = RecordRef(type="Contact", id="003000000000099AAA")
    office.org.next_sends = [named_by_rule(dead)]

    head = office.deliver()

    assert head.state is State.FAILED
    assert office.org.of_type("Lead") == []


# Assignment rules


@pytest.mark.rule("CX-59", "X-4")
@pytest.mark.parametrize("wanted", [False, True], ids=["not_wanted", "wanted"])
def test_the_orgs_assignment_rules_run_only_where_the_tenant_wants_them(wanted: bool):
    office = creating("lead", ownership={"run_assignment_rules": wanted})

    office.deliver()

    assert office.org.sent_rules == [OrgRules(assignment=wanted)]
    told = any("assignment rules" in text for text in texts(office).get("CX-59", []))
    assert told is wanted


@pytest.mark.rule("CX-59")
def test_a_task_alone_has_no_owner_that_assignment_rules_could_replace():
    office = creating("none", ownership={"run_assignment_rules": True})
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)

    office.deliver()

    assert "CX-59" not in texts(office)


@pytest.mark.rule("CX-59", "AC-13")
def test_a_new_cases_owner_may_be_replaced_and_the_explanation_says_so():
    office = Office(
        preset={
            "calls": {"attach_to": "case", "create_case": True},
            "ownership": {"run_assignment_rules": True},
        }
    )
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)

    office.deliver()

    assert "assignment rules" in texts(office)["CX-59"][0]


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize("dies_at", range(1, 9), ids=lambda n: f"commit_{n}")
@pytest.mark.parametrize("applied", [False, True], ids=["before_it", "after_it"])
@POLICIES
def test_a_worker_that_dies_at_any_commit_leaves_one_person(
    policy: str, object_type: str, dies_at: int, applied: bool
):
    office = creating(policy)
    office.org.searchable = False
    deliver_and_die(office, ("c-1", "c-2", "c-3"), dies_at=dies_at, applied=applied)

    assert {office.head(call).state for call in ("c-1", "c-2", "c-3")} == {State.LOGGED}
    assert len(office.org.of_type(object_type)) == 1
    assert len(office.tasks) == 3
