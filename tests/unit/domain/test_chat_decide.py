"""The decision on a chat as a whole: which Task or Case, on whom, for whom."""

from dataclasses import replace

import pytest

from builders.calls import (
    ADMIN,
    ANN,
    a_contact,
    a_lead,
    a_person_account,
    an_account,
    an_org,
    the_settings,
)
from builders.chats import (
    ADAS_EMAIL,
    ANN_AGENT,
    a_chat,
    a_chat_input,
    a_line,
    a_visitor,
    an_event,
    chosen,
)
from switchhook.domain.activity import SlotKind
from switchhook.domain.chats.decide import decide_chat, texts_of
from switchhook.domain.chats.screening import choose_action
from switchhook.domain.decision import CandidateSource, Log, PersonToCreate, Skip
from switchhook.domain.facts.chat import ChatAction, ChatFile, ChatTrigger
from switchhook.domain.facts.fields import STANDARD_FIELDS, FieldFacts
from switchhook.domain.facts.people import Agent, ListedAgent, OrgUser, People

LEAD = a_lead(email=ADAS_EMAIL, numbers=())
CONTACT = a_contact(email=ADAS_EMAIL, numbers=())
BOB = Agent(id="18", email="bob@example.com", name="Bob Agent")


def slot_of(*candidates, **more):
    decision = decide_chat(a_chat_input(*candidates, **more))
    assert isinstance(decision, Log)
    assert decision.action is not None
    (slot,) = decision.slots
    return slot


def rules_told(*candidates, **more):
    return {reason.rule for reason in decide_chat(a_chat_input(*candidates, **more)).explanation}


@pytest.mark.rule("CX-23", "CX-24", "CX-26", "CX-36", "CX-37", "CX-38", "CX-39", "CX-40", "CX-41")
def test_a_visitor_whom_no_lead_is_becomes_one_with_a_task():
    chat = a_chat(visitor=a_visitor(phone="(415) 555-0100"))

    slot = slot_of(chat=chat, action=ChatAction.LEAD_TASK)

    assert slot.kind is SlotKind.TASK
    assert slot.record is None
    assert slot.person == PersonToCreate(
        object_type="Lead",
        fields={
            "LastName": "Ada Byron",
            "Company": "Engines Ltd",
            "Email": ADAS_EMAIL,
            "Phone": "+14155550100",
            "OwnerId": ANN.id,
        },
    )
    assert slot.owner.user_id == ANN.id
    assert slot.fields["Subject"] == "Chat with Ada Byron (ada@example.org) [web_chat] [site-1]"
    assert slot.fields["Status"] == "Completed"
    assert slot.fields["ActivityDate"] == "2026-11-20"
    assert {"CX-18", "CX-23", "CX-26", "CX-57"} <= set(slot.rules)


@pytest.mark.rule("CX-27")
def test_an_existing_lead_gets_the_task():
    slot = slot_of(LEAD, action=ChatAction.LEAD_TASK)

    assert (slot.kind, slot.record, slot.person) == (SlotKind.TASK, LEAD.record, None)
    assert (slot.who_id, slot.what_id) == (LEAD.record.id, None)
    assert {"CX-22", "CX-27"} <= set(slot.rules)


@pytest.mark.rule("CX-28", "CX-29", "CX-31", "CX-36", "CX-40")
def test_a_visitor_whom_no_contact_is_becomes_one_with_a_case():
    slot = slot_of(action=ChatAction.CONTACT_CASE)

    assert slot.kind is SlotKind.CASE
    assert slot.person == PersonToCreate(
        object_type="Contact",
        fields={"LastName": "Ada Byron", "Email": ADAS_EMAIL, "OwnerId": ANN.id},
    )
    assert {"CX-28", "CX-31"} <= set(slot.rules)


@pytest.mark.rule("CX-32", "CX-41", "CX-42", "CX-43", "CX-44", "CX-45")
def test_an_existing_contact_gets_the_case():
    chat = a_chat(visitor=a_visitor(phone="415 555 0100"))

    slot = slot_of(CONTACT, chat=chat, action=ChatAction.CONTACT_CASE)

    assert (slot.kind, slot.record, slot.who_id) == (
        SlotKind.CASE,
        CONTACT.record,
        CONTACT.record.id,
    )
    assert {name: slot.fields[name] for name in slot.fields if name != "Description"} == {
        "Subject": "Chat with Ada Byron (ada@example.org) [web_chat] [site-1]",
        "Origin": "Web",
        "SuppliedName": "Ada Byron",
        "SuppliedEmail": ADAS_EMAIL,
        "SuppliedPhone": "+14155550100",
        "SuppliedCompany": "Engines Ltd",
    }
    assert {"CX-22", "CX-32"} <= set(slot.rules)


@pytest.mark.rule("CX-27", "CX-32")
@pytest.mark.parametrize(
    ("action", "person", "rule"),
    [
        pytest.param(ChatAction.LEAD_TASK, LEAD, "CX-27", id="lead"),
        pytest.param(ChatAction.CONTACT_CASE, CONTACT, "CX-32", id="contact"),
    ],
)
def test_whose_record_it_is_says_the_rule_also_of_a_chat_that_has_begun(action, person, rule):
    begun = choose_action([an_event()], the_settings().chats, begun=action)

    decision = decide_chat(a_chat_input(person, chosen=begun))

    where = next(one for one in decision.explanation if " hangs on " in one.text)
    assert where.rule == rule


@pytest.mark.rule("CX-28", "CX-32")
@pytest.mark.parametrize(
    ("candidates", "record", "makes"),
    [
        pytest.param([CONTACT], CONTACT.record, None, id="on the contact there is"),
        pytest.param([LEAD], None, "Contact", id="on a new contact where there is none"),
    ],
)
def test_a_contact_s_task(candidates, record, makes):
    slot = slot_of(*candidates, action=ChatAction.CONTACT_TASK)

    assert slot.kind is SlotKind.TASK
    assert slot.record == record
    assert (slot.person.object_type if slot.person else None) == makes


@pytest.mark.rule("CX-18")
@pytest.mark.parametrize(
    ("candidates", "contact"),
    [
        pytest.param([CONTACT], CONTACT.record.id, id="with the contact where it is known"),
        pytest.param([], None, id="and without one otherwise"),
    ],
)
def test_a_case_alone_makes_nobody(candidates, contact):
    slot = slot_of(*candidates, action=ChatAction.CASE)

    assert (slot.kind, slot.who_id, slot.person) == (SlotKind.CASE, contact, None)
    assert slot.fields["SuppliedEmail"] == ADAS_EMAIL
    assert slot.person_updates == {}


@pytest.mark.rule("CX-32", "AC-10")
@pytest.mark.parametrize(
    ("action", "as_who", "expected"),
    [
        pytest.param(
            "contact_case", False, ("003000000000009AAA", None), id="a Case has a contact"
        ),
        pytest.param("contact_task", True, ("003000000000009AAA", None), id="a Task its contact"),
        pytest.param("contact_task", False, (None, "001000000000009AAA"), id="or the account"),
    ],
)
def test_a_person_account_is_named_by_its_contact(action, as_who, expected):
    account = a_person_account(email=ADAS_EMAIL, numbers=())
    settings = the_settings(calls={"person_account_who": as_who})

    slot = slot_of(account, action=ChatAction(action), settings=settings)

    assert slot.record == account.record
    assert (slot.who_id, slot.what_id) == expected


@pytest.mark.rule("CX-57", "CX-58", "CX-59", "X-3")
@pytest.mark.parametrize(
    ("agents", "people", "owner", "rule"),
    [
        pytest.param([ANN_AGENT], People(), ANN, "CX-57", id="the agent's user by e-mail"),
        pytest.param(
            [replace(ANN_AGENT, email="ANN@Example.com")], People(), ANN, "CX-57", id="in any case"
        ),
        pytest.param([BOB, ANN_AGENT], People(), ANN, "CX-57", id="of several the last agent"),
        pytest.param([ANN_AGENT, BOB], People(), ADMIN, "CX-58", id="even if Salesforce lacks it"),
        pytest.param([], People(), ADMIN, "CX-58", id="a bot's chat is the connecting user's"),
        pytest.param(
            [BOB],
            People(agents=(ListedAgent(id="18", salesforce_user_id=ANN.id),)),
            ANN,
            "CX-57",
            id="the people list names a user",
        ),
    ],
)
def test_the_owner_is_the_last_agent_s_user(agents, people, owner, rule):
    for action in (ChatAction.LEAD_TASK, ChatAction.CONTACT_CASE):
        slot = slot_of(chat=a_chat(agents=tuple(agents)), people=people, action=action)

        assert (slot.owner.user_id, slot.owner.rule) == (owner.id, rule)
        assert slot.person is not None
        assert slot.person.fields["OwnerId"] == owner.id


@pytest.mark.rule("CX-59")
def test_of_two_users_with_the_e_mail_the_one_who_logged_in_last_owns():
    late = OrgUser(
        id="005000000000009AAA",
        name="Ann Two",
        email=ANN.email,
        last_login_at=a_chat().started_at,
    )
    org = an_org(
        users_by_email={ANN.email: (ANN, late)}, user_ids=frozenset({ANN.id, late.id, ADMIN.id})
    )

    assert slot_of(org=org).owner.user_id == late.id


@pytest.mark.rule("CX-59", "XB-4")
def test_whom_the_settings_name_owns_what_no_agent_can():
    settings = the_settings(ownership={"fallback_user_id": ANN.id})

    slot = slot_of(chat=a_chat(agents=()), settings=settings)

    assert (slot.owner.user_id, slot.owner.rule) == (ANN.id, "XB-4")


@pytest.mark.rule("CX-37", "CX-40")
@pytest.mark.parametrize(
    ("about", "expected"),
    [
        pytest.param(
            {"name": None, "company": None},
            {"LastName": "Unknown visitor", "Company": "Unknown"},
            id="what Salesforce wants is never empty",
        ),
        pytest.param(
            {"name": "=HYPERLINK(1)", "company": "+cmd"},
            {"LastName": "'=HYPERLINK(1)", "Company": "'+cmd"},
            id="a formula is made harmless",
        ),
        pytest.param(
            {"name": "A" * 200}, {"LastName": "A" * 73 + "… [cut]"}, id="a long name is cut at 80"
        ),
    ],
)
def test_a_new_lead_always_has_a_name_and_a_company(about, expected):
    person = slot_of(chat=a_chat(visitor=a_visitor(**about))).person

    assert person is not None
    assert expected.items() <= person.fields.items()


@pytest.mark.rule("CX-38")
def test_what_is_no_address_is_left_out_and_named():
    inputs = a_chat_input(chat=a_chat(visitor=a_visitor(email="not an address")))

    decision = decide_chat(inputs)

    assert isinstance(decision, Log)
    assert "Email" not in decision.slots[0].person.fields
    assert any("Lead.Email" in reason.text for reason in decision.explanation)


@pytest.mark.rule("CX-19", "CX-33")
@pytest.mark.parametrize("policy", ["never", "overwrite", "fill_blanks"])
def test_what_the_chat_tells_of_an_existing_person_goes_along(policy):
    settings = the_settings(chats={"update_existing": policy})

    slot = slot_of(LEAD, settings=settings)

    told = {"LastName": "Ada Byron", "Email": ADAS_EMAIL, "Company": "Engines Ltd"}
    assert slot.person_updates == ({} if policy == "never" else told)


@pytest.mark.rule("CX-19")
@pytest.mark.parametrize(
    ("candidate", "names"),
    [
        pytest.param(CONTACT, {"LastName", "Email"}, id="a contact has no company"),
        pytest.param(
            a_person_account(email=ADAS_EMAIL, numbers=()),
            {"LastName", "PersonEmail"},
            id="a person account is changed by its account's fields",
        ),
        pytest.param(
            replace(an_account(), source=CandidateSource.PIN), set(), id="a business is not changed"
        ),
    ],
)
def test_each_kind_of_person_is_changed_by_its_own_fields(candidate, names):
    assert set(slot_of(candidate, action=ChatAction.CONTACT_TASK).person_updates) == names


@pytest.mark.rule("CX-19")
def test_a_stand_in_for_a_missing_name_never_overwrites_one():
    settings = the_settings(chats={"update_existing": "overwrite"})
    chat = a_chat(visitor=a_visitor(name=None, company=None))

    assert slot_of(LEAD, chat=chat, settings=settings).person_updates == {"Email": ADAS_EMAIL}


@pytest.mark.rule("CX-20", "CX-35", "CX-54")
def test_the_tenant_s_mapping_is_written_as_far_as_the_org_has_the_fields():
    settings = the_settings(
        chats={
            "mapping": {
                "Lead": {"Plan__c": "custom_fields.Plan", "Gone__c": "rating"},
                "Task": {"Rating__c": "rating"},
            }
        }
    )
    lead = {**STANDARD_FIELDS["Lead"], "Plan__c": FieldFacts(name="Plan__c", length=4)}
    task = {
        **STANDARD_FIELDS["Task"],
        "Rating__c": FieldFacts(name="Rating__c", type="double"),
    }
    chat = a_chat(custom_fields={"Plan": "free"}, rating="4.5")

    decision = decide_chat(
        a_chat_input(chat=chat, settings=settings, fields={"Lead": lead, "Task": task})
    )

    assert isinstance(decision, Log)
    (slot,) = decision.slots
    assert slot.person is not None
    assert slot.person.fields["Plan__c"] == "free"
    assert slot.fields["Rating__c"] == "4.5"
    assert "Gone__c" not in slot.person.fields
    assert any("Lead.Gone__c" in reason.text for reason in decision.explanation)


@pytest.mark.rule("CX-25", "CX-27")
@pytest.mark.parametrize(
    ("trigger", "status"),
    [
        pytest.param(ChatTrigger.CHAT_STARTED, "In Progress", id="open while the chat goes on"),
        pytest.param(ChatTrigger.CHAT_ENDED, "Completed", id="closed once it has ended"),
        pytest.param(ChatTrigger.OFFLINE_MESSAGE, "Completed", id="closed for an offline message"),
    ],
)
def test_a_task_is_open_until_the_chat_is_over(trigger, status):
    slot = slot_of(chosen=chosen(ChatAction.LEAD_TASK, trigger=trigger))

    assert slot.fields["Status"] == status


@pytest.mark.rule("CX-27", "SH-5")
def test_the_text_of_an_update_has_all_that_is_known_and_no_owner():
    texts = texts_of(a_chat_input(chat=a_chat(rating="5"), action=ChatAction.CONTACT_CASE))

    assert "Rating: 5" in texts.fields["Description"].splitlines()
    assert "OwnerId" not in texts.fields
    assert "Status" not in texts.fields


def test_the_text_reaches_the_field_as_it_was_written():
    slot = slot_of()

    assert "Agents: Ann Agent <ann@example.com>" in slot.fields["Description"].splitlines()


@pytest.mark.rule("CX-48", "CX-56")
def test_a_long_chat_brings_a_file_and_its_own_files_go_along():
    picture = ChatFile(url="https://files.example.com/a.png", name="a.png")
    chat = a_chat(transcript=(a_line("x" * 40_000, 1),), files=(picture,))

    slot = slot_of(chat=chat, action=ChatAction.CONTACT_CASE)

    assert slot.files == (picture,)
    assert slot.whole_transcript is not None
    assert len(slot.fields["Description"]) <= 32_000 - 40


@pytest.mark.rule("XB-17", "PC-16", "X-11")
def test_an_internal_chat_makes_nothing():
    decision = decide_chat(a_chat_input(chat=a_chat(visitor=a_visitor(email=ANN.email))))

    assert isinstance(decision, Skip)
    assert decision.rule == "XB-17"


@pytest.mark.rule("SH-3")
def test_every_choice_is_told_with_its_rule():
    assert {"CX-18", "CX-21", "CX-27", "CX-57", "CX-19"} <= rules_told(LEAD)
    assert {"CX-18", "CX-23", "CX-26", "CX-57"} <= rules_told()
    assert {"CX-28", "CX-31"} <= rules_told(action=ChatAction.CONTACT_CASE)


@pytest.mark.rule("SH-3")
def test_a_record_that_salesforce_refused_is_named_and_not_taken():
    inputs = a_chat_input(LEAD, avoid_records=frozenset({LEAD.record.id}))

    decision = decide_chat(inputs)

    assert isinstance(decision, Log)
    assert decision.slots[0].record is None
    assert any(LEAD.record.id in reason.text for reason in decision.explanation)


@pytest.mark.rule("CX-59")
def test_assignment_rules_that_may_change_the_owner_are_told_of():
    settings = the_settings(ownership={"run_assignment_rules": True})

    assert "CX-59" in rules_told(settings=settings)
    assert "CX-59" not in rules_told(LEAD, settings=settings)
