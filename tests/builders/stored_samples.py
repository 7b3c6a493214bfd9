"""One value of every kind that is stored, with every field set."""

import random
from dataclasses import replace

from builders.ledger import T0, after
from switchhook.domain.activity import (
    Activity,
    DecisionRecord,
    FileState,
    ManualChoice,
    Mode,
    OwnerChoice,
    OwnerKind,
    RecordRef,
    SalesforceCall,
    Slot,
    SlotFile,
    SlotKind,
    SlotState,
    State,
)
from switchhook.domain.connection import ApiUsage, Check, Connection, ConnectionStatus, OwnApp
from switchhook.domain.crm import StoredFacts
from switchhook.domain.decision import Candidate, CandidateSource, OrgFacts, TaskStatus
from switchhook.domain.facts.chat import (
    AuthorKind,
    ChatAction,
    ChatFacts,
    ChatFile,
    ChatLine,
    ChatTrigger,
    Visitor,
    WrapUp,
)
from switchhook.domain.facts.event import (
    CallFacts,
    Direction,
    Event,
    Kind,
    Outcome,
    Participant,
    Transfer,
)
from switchhook.domain.facts.event import Role as Side
from switchhook.domain.facts.fields import FieldFacts
from switchhook.domain.facts.people import Agent, Comment, ListedAgent, OrgUser
from switchhook.domain.jobs import Job, JobKind, JobState
from switchhook.domain.matching.pins import Pin
from switchhook.domain.tenants import (
    PeopleList,
    Role,
    SettingsVersion,
    Tenant,
)
from switchhook.domain.writing.claims import CachedMatch, Claim
from switchhook.domain.writing.repoint import Hangs, Move, MoveState, Repoint
from switchhook.ports.connect import AppChoice, ConnectState, ConnectTicket
from switchhook.ports.ingress import Hook

TENANT, CALL, CHAT = "t_golden", "a-call", "a-chat"
PARTY = "+14155550100"

# ------------------------------------------------------------ TenantTable

TENANT_SAMPLE = Tenant(
    id=TENANT,
    name="Engines Ltd",
    created_at=T0,
    key_hashes={Role.ADMIN: "ad" * 32, Role.AGENT: "a9" * 32},
)
SETTINGS = SettingsVersion(
    version=1,
    effective_at=T0,
    patch={
        "preset": "standard",
        "default_region": "US",
        "time_zone": "America/New_York",
        "calls": {"unknown_number": "lead"},
    },
)
PEOPLE = PeopleList(
    agents=(
        ListedAgent(
            id="7",
            email="ann@example.com",
            name="Ann",
            extension="107",
            salesforce_user_id="005000000000001AAA",
        ),
        ListedAgent(name="Nameless"),
    ),
    own_numbers_raw=("415 555 0199",),
    own_numbers_e164=("+14155550199",),
    internal_domains=("example.com",),
)
OWN_APP = OwnApp(client_id="own-app", secret_id="arn:own-app")
APP = AppChoice(app=OWN_APP, login_url="https://test.salesforce.com")
CONNECTION = Connection(
    tenant=TENANT,
    status=ConnectionStatus.CONNECTED,
    generation=1,
    org_id="00D000000000001AAA",
    instance_url="https://org.my.salesforce.com",
    login_url="https://login.salesforce.com",
    app=OWN_APP,
    user=OrgUser(
        id="005000000000001AAA",
        name="Ann Admin",
        email="ann@example.com",
        user_type="PowerPartner",
        last_login_at=T0,
    ),
    access_ciphertext=b"\x00access",
    refresh_ciphertext=b"\xffrefresh",
    connected_at=T0,
    refreshed_at=after(1),
    refresh_sent_at=after(2.5),
    lease_until=after(30),
    lease_holder="a-process",
    checks=(Check(id="api", ok=True, text="The API answers."),),
    usage=ApiUsage(used=7, limit=15000),
    parked="budget",
)
ORG_FACTS = StoredFacts(
    facts=OrgFacts(
        task_statuses=(TaskStatus(api_name="Completed", is_closed=True, is_default=True),),
        users_by_email={"ann@example.com": (OrgUser(id="005A", name="Ann", email="a@x.com"),)},
        user_ids=frozenset({"005A", "005B"}),
        connecting_user=OrgUser(id="005A", name="Ann", email="ann@example.com"),
        barred_by_email={
            "bob@example.com": (OrgUser(id="005B", name="Bob", email="b@x.com", is_active=False),)
        },
        phone_fields={"Lead": ("Phone", "MobilePhone")},
        text_fields={"Lead": ("Email",)},
        chat_fields={
            "Case": {
                "Origin": FieldFacts(
                    name="Origin",
                    type="picklist",
                    length=40,
                    createable=False,
                    updateable=False,
                    values=("Phone", "Web"),
                    restricted=True,
                )
            }
        },
        person_accounts=True,
        task_key=True,
        case_key=True,
        sees_all_records=False,
    ),
    fetched_at=T0,
    org_id="00D000000000001AAA",
    case_asked_at=after(1),
    missed={"carl@example.com": T0},
    fields_asked=frozenset({"Lead.Email", "Case.Origin"}),
)
HOOK = Hook(
    id="h_kept",
    tenant=TENANT,
    provider="aircall",
    kind=Kind.CALL,
    source="aircall",
    secret_ct=b"\x01new",
    previous_secret_ct=b"\x02old",
    previous_until=1_795_000_000,
)
FORMER_HOOK = Hook(
    id="h_gone", tenant=TENANT, provider="generic", kind=Kind.CHAT, source="s", secret_ct=b"\x03"
)
TICKET = ConnectTicket(tenant=TENANT, confirm_org=True, expires_at=after(600))
STATE = ConnectState(
    tenant=TENANT,
    confirm_org=True,
    browser_hash="b0" * 32,
    verifier_ciphertext=b"\x04verifier",
    login_url="https://login.salesforce.com",
    redirect_uri="https://hook.example.com/oauth/salesforce/callback",
    expires_at=after(600),
    app=OWN_APP,
)
JOB = Job(
    tenant=TENANT,
    id="j_golden",
    kind=JobKind.SIMULATE,
    created_at=T0,
    updated_at=after(1),
    state=JobState.RUNNING,
    tries=1,
    asked={"patch": {"calls": {"unknown_number": None}}, "days": 7},
    cursor="next",
    counts={"considered": 3, "skipped": 1},
    by_rule={"XB-17": 1},
    result={"changes": [{"activity_id": CALL, "before": "logged"}]},
    text="Under way.",
)

# ------------------------------------------------------------ ActivityTable

_PERSON = RecordRef(type="Contact", id="003000000000001AAA")
_CASE = RecordRef(type="Case", id="500000000000001AAA")
CALL_SLOT = Slot(
    number=1,
    key="sh1:abcdefghijklmnopqrstuvwxyz",
    kind=SlotKind.TASK,
    mode=Mode.PACKAGE_FREE,
    parties=(PARTY,),
    state=SlotState.APPLIED,
    record=_PERSON,
    creates="Lead",
    created=RecordRef(type="Lead", id="00Q000000000001AAA"),
    owner=OwnerChoice(
        user_id="005000000000001AAA",
        rule="XB-19",
        text="Ann took the call.",
        kind=OwnerKind.CONFERENCE_ELSE,
    ),
    salesforce_id="00T000000000001AAA",
    rules=("AC-16", "XB-19"),
    refusals=1,
    error="FIELD_CUSTOM_VALIDATION_EXCEPTION: Say why.",
    error_code="FIELD_CUSTOM_VALIDATION_EXCEPTION",
    attached=_CASE,
    creates_case=True,
    written={"Subject": "0f"},
    intended={"Description": "1e"},
    who="Ada Byron",
    agent="2d",
    files=(
        SlotFile(
            number=1,
            name="a.png",
            path="sh1:a/1",
            url="https://files.example.com/a.png",
            state=FileState.SENDING,
            reason="It waits.",
            tries=2,
            lookups=1,
            due_at=after(5),
            sent_at=after(3),
            fence_until=after(723),
            version_id="068000000000001AAA",
            size_bytes=1234,
        ),
    ),
    told="3c",
    is_left_open=True,
)
CALL_HEAD = Activity(
    tenant=TENANT,
    id=CALL,
    kind=Kind.CALL,
    provider="aircall",
    source="aircall",
    external_id="call-1",
    occurrence=1,
    received_at=T0,
    state=State.UNKNOWN,
    reason="no_answer",
    rule="SH-1",
    text="Being looked up.",
    version=1,
    decisions=2,
    tries=1,
    due_at=after(35.25),
    sent_at=after(30),
    fence_until=after(750),
    lookups=1,
    ended_at=after(-5),
    settings_version=1,
    call_type="missed",
    party_raw="415 555 0100",
    party_e164=PARTY,
    party_email="ada@example.com",
    slots=(CALL_SLOT,),
    backfilled=True,
    settings_at=after(1),
    replays=1,
    late_at=after(60),
    late_note="A comment came late.",
)
CHAT_HEAD = Activity(
    tenant=TENANT,
    id=CHAT,
    kind=Kind.CHAT,
    provider="intercom",
    source="intercom",
    external_id="chat-1",
    occurrence=2,
    received_at=T0,
    state=State.PARKED,
    reason="budget",
    text="Waits until Salesforce accepts requests again.",
    version=1,
    party_email="ada@example.com",
    action=ChatAction.CONTACT_CASE,
    chosen=ManualChoice(
        action=ChatAction.LEAD_TASK, agent=Agent(email="ann@example.com", name="Ann"), at=T0
    ),
)
CALL_EVENT = Event(
    event_id="evt-1",
    kind=Kind.CALL,
    type="call.ended",
    ended=True,
    occurred_at=after(-4.5),
    received_at=T0,
    held_s=30,
    leg="leg-1",
    whole_tags=True,
    call=CallFacts(
        direction=Direction.INBOUND,
        outcome=Outcome.VOICEMAIL,
        external_number="415 555 0100",
        external_name="Ada Byron \N{GRINNING FACE} \ud800",
        external_email="ada@example.com",
        internal_number="415 555 0199",
        agent=Agent(id="7", email="ann@example.com", name="Ann", extension="107"),
        participants=(
            Participant(role=Side.AGENT, number="107", email="ann@example.com", name="Ann"),
            Participant(role=Side.EXTERNAL, number=PARTY),
        ),
        started_at=after(-100),
        answered_at=after(-90),
        ended_at=after(-5),
        wait_s=10,
        talk_s=84.5,
        queue="Sales",
        recording_url="https://files.example.com/r.mp3",
        voicemail_url="https://files.example.com/v.mp3",
        transfers=(Transfer(by="Ann", to="Bob", kind="warm"),),
        tags=("vip",),
        comments=(Comment(author="Ann", text="Call again.", at=after(-3)),),
        disposition="callback",
        during_opening_hours=False,
        time_zone="America/New_York",
    ),
)
CHAT_EVENT = Event(
    event_id="evt-2",
    kind=Kind.CHAT,
    type="conversation.closed",
    ended=True,
    occurred_at=after(-4),
    received_at=T0,
    chat=ChatFacts(
        channel="email",
        source_tenant_id="site-1",
        subject="An engine",
        visitor=Visitor(
            id="v1", name="Ada Byron", email="ada@example.com", phone=PARTY, company="Engines"
        ),
        agents=(Agent(id="7", email="ann@example.com"),),
        started_at=after(-300),
        ended_at=after(-4),
        transcript=(
            ChatLine(
                at=after(-299), author_kind=AuthorKind.VISITOR, author="Ada", text="Hi", id="l1"
            ),
            ChatLine(author_kind=AuthorKind.BOT, text="Hello"),
        ),
        transcript_text="Ada: Hi",
        notes=(Comment(author="Ann", text="Nice.", at=after(-200)),),
        wrap_up=WrapUp(category="Sales", comment="Won", fields={"Product": "Engine"}),
        rating="good",
        tags=("vip",),
        custom_fields={"Plan": "Gold"},
        custom_variables={"utm": "x"},
        page_url="https://example.com/engines",
        files=(
            ChatFile(
                url="https://files.example.com/a.png",
                name="a.png",
                content_type="image/png",
                size_bytes=1234,
            ),
        ),
    ),
    trigger=ChatTrigger.CONVERSATION_ENDED,
)
_NOISE = random.Random(7).randbytes(330_000).hex()  # noqa: S311 - what nothing compresses below that
LARGE_EVENT = replace(
    CHAT_EVENT, event_id="evt-3", chat=replace(CHAT_EVENT.chat, transcript_text=_NOISE)
)
DECISION = DecisionRecord(
    number=2,
    at=after(1),
    settings_version=1,
    candidates=({"type": "Contact", "id": _PERSON.id, "numbers": [PARTY], "score": 1.5},),
    explanation=({"rule": "AC-16", "text": "A contact comes first."},),
    salesforce_calls=(SalesforceCall(at=T0, what="search", status="200"),),
    amends=True,
)

# ------------------------------------------------------------ DirectoryTable

CANDIDATE = Candidate(
    record=_PERSON,
    source=CandidateSource.CREATED,
    name="Ada Byron",
    email="ada@example.com",
    numbers=("(415) 555-0100",),
    custom={"Site__c": "ada"},
    owner_id="005000000000001AAA",
    created_at=T0,
    modified_at=after(1),
    is_converted=True,
    converted_contact_id="003000000000002AAA",
    is_person_account=True,
    person_contact_id="003000000000003AAA",
    account_id="001000000000001AAA",
)
HELD_CLAIM = Claim(identifier=PARTY, object_type="Lead", holder=CALL, fence_until=after(750.125))
DONE_CLAIM = Claim(
    identifier="ada@example.com",
    object_type="Contact",
    holder=CALL,
    fence_until=after(750),
    record=_PERSON,
)
MATCH = CachedMatch(candidate=CANDIDATE, settings_version=1, expires_at=after(300))
PINNED_PARTY = "+14155550177"
PIN = Pin(party=PINNED_PARTY, candidate=CANDIDATE, pinned_at=T0, by="admin")
REPOINT = Repoint(
    id="u_golden",
    tenant=TENANT,
    party=PARTY,
    source=_PERSON,
    target=RecordRef(type="Lead", id="00Q000000000001AAA"),
    made_at=T0,
    version=1,
    undone_at=after(60),
    moves=(
        Move(
            activity_id=CALL,
            slot=1,
            task_id="00T000000000001AAA",
            before=Hangs(who_id=_PERSON.id, what_id=_CASE.id),
            after=Hangs(who_id="00Q000000000001AAA"),
            record=_PERSON,
            attached=_CASE,
            creates_case=True,
            state=MoveState.INTENDED,
            why="It is locked.",
        ),
    ),
    refused={"another": "It is not there."},
)
