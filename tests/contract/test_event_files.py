"""Every file in `events/` is what its trigger sends, and its function takes it without AWS."""

import hashlib
import importlib.util
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from fakes.apps import FakeAppChoices, FakeAppSecrets
from fakes.cipher import FakeCipher
from fakes.connections import FakeConnections
from fakes.jobs import FakeJobQueue, FakeJobs
from fakes.office import Office
from fakes.salesforce import ADMIN, FakeOrg, SteadyClock
from fakes.tenants import FakeOrgMemory
from fakes.world import with_ports
from local import template
from switchhook.adapters.providers.event_reader import ProviderEvents
from switchhook.adapters.salesforce.hosts import SalesforceHosts
from switchhook.adapters.salesforce.oauth import authorize_url
from switchhook.domain.activity import State, activity_id
from switchhook.domain.connection import Connection, ConnectionStatus, SecondTenant, TokenPair
from switchhook.domain.errors import NeedsReconnect
from switchhook.domain.jobs import Job, JobKind, JobState
from switchhook.domain.queue_messages import EventMessage, from_json, to_json
from switchhook.domain.tenants import fingerprint
from switchhook.ports.connect import AppCredentials, ConnectState, ConnectTicket, Identity
from switchhook.runtime import deployment, environment
from switchhook.usecases.ask.jobs import Step
from switchhook.usecases.org.connect import Connecting

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "events"
FILES = sorted(EVENTS.glob("*/*.json"))
FUNCTIONS = {
    "activity_worker": "ActivityWorkerFunction",
    "api": "OperatorApiFunction",
    "call_ended": "CallEndedFunction",
    "caretaker": "CaretakerFunction",
    "chat_ended": "ChatEndedFunction",
    "job_runner": "JobRunnerFunction",
    "oauth_callback": "OauthCallbackFunction",
}
NOW = datetime(2026, 11, 20, 15, 10, tzinfo=UTC)
TENANT, HOOK = "t_aaaaaaaaaaaaaaaa", "h_aaaaaaaaaaaaaaaa"
LONG_AGO = NOW - timedelta(days=30)
JOB = "j_aaaaaaaaaaaaaaaa"
STATE, BROWSER = "s" * 43, "b" * 43
CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)


def event(name: str) -> dict[str, Any]:
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


@cache
def triggers() -> dict[str, list[dict[str, Any]]]:
    """What the template says that each function is called by."""
    functions = template.resources_of(
        template.read(ROOT / "template.yaml"), "AWS::Serverless::Function"
    )
    return {
        name: list(functions[logical_id]["Properties"]["Events"].values())
        for name, logical_id in FUNCTIONS.items()
    }


def test_every_function_has_event_files_and_every_folder_is_a_function():
    assert {path.parent.name for path in FILES} == set(FUNCTIONS)
    assert {path.name for path in (ROOT / "functions").iterdir() if path.is_dir()} == set(FUNCTIONS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_event_file_has_the_shape_that_its_trigger_sends(path: Path):
    sent = json.loads(path.read_text(encoding="utf-8"))
    kinds = {trigger["Type"] for trigger in triggers()[path.parent.name]}

    assert len(kinds) == 1
    {"HttpApi": assert_http, "SQS": assert_queue, "ScheduleV2": assert_schedule}[kinds.pop()](
        sent, triggers()[path.parent.name]
    )


def assert_http(sent: dict[str, Any], routes: list[dict[str, Any]]) -> None:
    """API Gateway's payload format 2.0, on a route of the function."""
    served = {f"{route['Properties']['Method']} {route['Properties']['Path']}" for route in routes}
    http = sent["requestContext"]["http"]
    assert sent["version"] == "2.0"
    assert sent["routeKey"] in served
    assert sent["rawPath"] == http["path"]
    assert sent["routeKey"].split()[0] in (http["method"], "ANY")
    assert isinstance(sent["isBase64Encoded"], bool)
    assert isinstance(sent.get("body"), str | None)
    assert all(name == name.lower() for name in sent["headers"]), "HTTP APIs send lower case"
    assert all(isinstance(value, str) for value in sent["headers"].values())


def assert_queue(sent: dict[str, Any], _: object) -> None:
    """A batch of SQS, each record whole."""
    assert 1 <= len(sent["Records"]) <= 5
    assert len({record["messageId"] for record in sent["Records"]}) == len(sent["Records"])
    for record in sent["Records"]:
        body = record["body"].encode()
        assert record["eventSource"] == "aws:sqs"
        assert record["md5OfBody"] == hashlib.md5(body, usedforsecurity=False).hexdigest()
        assert int(record["attributes"]["ApproximateReceiveCount"]) >= 1
        assert record["attributes"]["MessageGroupId"] == TENANT


def assert_schedule(sent: dict[str, Any], _: object) -> None:
    """EventBridge Scheduler's own payload."""
    assert (sent["source"], sent["detail-type"]) == ("aws.scheduler", "Scheduled Event")
    assert sent["resources"][0].startswith("arn:aws:scheduler:")


def load(function: str) -> ModuleType:
    """The deployed handler file, loaded as Lambda's init phase does."""
    spec = importlib.util.spec_from_file_location(
        f"{function}_handler", ROOT / "functions" / function / "handler.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    """The tenant that the worker's event files speak of, behind the worker's and caretaker's wiring."""
    office = Office(clock=SteadyClock(NOW))
    settings = {"preset": "standard", "default_region": "US", "time_zone": "UTC"}
    office.tenants.set_settings(TENANT, settings)
    office.connections.replace(
        replace(office.connections.read("t1"), tenant=TENANT, generation=0),
        replace(
            office.connections.read("t1"),
            tenant=TENANT,
            access_ciphertext=FakeCipher().encrypt(
                "access-1", tenant=TENANT, purpose="access_token"
            ),
        ),
    )
    world = with_ports(office.world, reader=ProviderEvents())
    letters = SimpleNamespace(receive=lambda _limit: (), delete=lambda _receipt: None)
    deploy(
        monkeypatch,
        {environment.ACTIVITY_WORKER, environment.CARETAKER},
        recording=SimpleNamespace(world=world, caring=office.caring, books=world.books),
        due_dates=office.due_dates,
        dead_letters=letters,
    )
    return office


def deploy(
    monkeypatch: pytest.MonkeyPatch, functions: set[environment.Function], **made: object
) -> None:
    """These functions find what was made in the place of a deployment, whatever the environment says."""

    def deployed(function: environment.Function, _env: object, _clock: object) -> object:
        assert function in functions
        return SimpleNamespace(**made)

    monkeypatch.setattr(deployment, "deployed", deployed)


def head(office: Office) -> Any:
    """The activity that the worker's files speak of."""
    entry = office.ledger.read(TENANT, activity_id(tenant=TENANT, source=HOOK, external_id="c-1"))
    return None if entry is None else entry.head


def test_the_event_message_becomes_a_task(office: Office):
    office.org.load("Contact", LastName="Byron", Phone="+14155550100")

    answer = load("activity_worker").handler(event("activity_worker/event_message"), CONTEXT)

    assert answer == {"batchItemFailures": []}
    assert head(office).state is State.LOGGED
    assert len(office.tasks) == 1


def test_the_wake_message_is_of_the_same_activity_and_harmless_when_it_is_gone(office: Office):
    (record,) = event("activity_worker/wake_message")["Records"]
    (other,) = event("activity_worker/event_message")["Records"]
    told, wakes = from_json(other["body"]), from_json(record["body"])

    answer = load("activity_worker").handler(event("activity_worker/wake_message"), CONTEXT)

    assert isinstance(told, EventMessage)
    assert (told.tenant, told.activity_id) == (wakes.tenant, wakes.activity_id)
    assert answer == {"batchItemFailures": []}


@pytest.mark.rule("SH-2", "SH-10")
def test_one_bad_message_is_given_back_alone_and_named_in_the_log(
    office: Office, caplog: pytest.LogCaptureFixture
):
    batch = event("activity_worker/partial_failure")

    answer = load("activity_worker").handler(batch, CONTEXT)

    bad = batch["Records"][0]["messageId"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": bad}]}
    assert head(office).state is State.SKIPPED
    (told,) = [line for line in caplog.records if line.msg == "message_not_worked_off"]
    assert (told.message_id, told.error_type) == (bad, "Rejected")
    assert told.at.startswith("queue_messages.py:")


@pytest.mark.rule("SH-4", "SH-8")
def test_the_worker_looks_after_the_tenants_that_a_round_names(
    office: Office, caplog: pytest.LogCaptureFixture
):
    office.ledger.markers = {
        (TENANT, "park"): (LONG_AGO, None),
        (TENANT, "grant"): (LONG_AGO, None),
    }
    office.connections.stored[TENANT] = replace(
        office.connections.stored[TENANT],
        refreshed_at=LONG_AGO,
        refresh_ciphertext=FakeCipher().encrypt("r-1", tenant=TENANT, purpose="refresh_token"),
    )
    office.org.next_refreshes = [NeedsReconnect("expired access/refresh token", code="broken")]
    load("caretaker").handler(event("caretaker/schedule"), CONTEXT)
    batch = event("activity_worker/wake_message")
    (record,) = batch["Records"]
    batch["Records"] = [{**record, "body": to_json(sent)} for sent in office.wake_ups.sent]

    answer = load("activity_worker").handler(batch, CONTEXT)

    assert answer == {"batchItemFailures": []}
    said = {line.msg for line in caplog.records}
    assert {"grant_gone", "parked_looked_after"} <= said
    assert (TENANT, "grant") not in office.ledger.markers


@pytest.mark.rule("SH-2", "SH-10")
def test_what_a_round_cannot_enqueue_is_named_in_the_log(
    office: Office, caplog: pytest.LogCaptureFixture
):
    office.ledger.markers = {(TENANT, "park"): (LONG_AGO, None)}
    office.wake_ups.down = True

    done = load("caretaker").handler(event("caretaker/schedule"), CONTEXT)

    (told,) = [line for line in caplog.records if line.msg == "due_not_enqueued"]
    assert (told.tenant, told.what, told.error_type) == (TENANT, "park", "Retryable")
    assert done["left"] == 1


def test_the_schedule_makes_a_round(office: Office):
    done = load("caretaker").handler(event("caretaker/schedule"), CONTEXT)

    assert done == {"woken": 0, "looked_after": 0, "kept_alive": 0, "left": 0, "buried": 0}


@dataclass
class Desk:
    """The job that the job runner's files speak of, and how often its work was asked for."""

    jobs: FakeJobs
    queue: FakeJobQueue
    worked: list[Job]

    @property
    def job(self) -> Job:
        return self.jobs.stored[TENANT, JOB]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, office: Office) -> Desk:
    """A simulation of two steps, behind the job runner's wiring."""
    desk = Desk(jobs=FakeJobs(), queue=FakeJobQueue(), worked=[])
    desk.jobs.create(
        Job(tenant=TENANT, id=JOB, kind=JobKind.SIMULATE, created_at=NOW, updated_at=NOW)
    )

    def work(job: Job) -> Step:
        desk.worked.append(job)
        return Step(job=job)

    deploy(
        monkeypatch,
        {environment.JOB_RUNNER},
        jobs=desk.jobs,
        job_queue=desk.queue,
        work={JobKind.SIMULATE: work},
        given_up_jobs=event("job_runner/given_up_step")["Records"][0]["eventSourceARN"],
    )
    return desk


def test_a_step_is_done_and_the_next_one_asked_for(desk: Desk):
    answer = load("job_runner").handler(event("job_runner/step"), CONTEXT)

    assert answer == {"batchItemFailures": []}
    assert (desk.job.state, desk.job.step, len(desk.worked)) == (JobState.RUNNING, 1, 1)
    assert [message.step for message, _ in desk.queue.asked] == [1]


@pytest.mark.rule("SH-2")
def test_a_step_that_was_given_up_ends_its_job_in_words(desk: Desk):
    answer = load("job_runner").handler(event("job_runner/given_up_step"), CONTEXT)

    assert answer == {"batchItemFailures": []}
    assert (desk.job.state, desk.worked, desk.queue.asked) == (JobState.FAILED, [], [])
    assert "given up" in desk.job.text


@pytest.mark.rule("SH-10")
def test_a_foreign_job_message_is_given_back_and_named_in_the_log(
    desk: Desk, caplog: pytest.LogCaptureFixture
):
    batch = event("job_runner/foreign_message")

    answer = load("job_runner").handler(batch, CONTEXT)

    bad = batch["Records"][0]["messageId"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": bad}]}
    (told,) = [line for line in caplog.records if line.msg == "message_not_worked_off"]
    assert (told.message_id, told.error_type) == (bad, "Rejected")
    assert desk.worked == []


class Steps:
    """The ticket and the state that the files speak of, each to be taken once."""

    def __init__(self) -> None:
        until = NOW + timedelta(minutes=10)
        ticket = ConnectTicket(tenant=TENANT, confirm_org=False, expires_at=until)
        state = ConnectState(
            tenant=TENANT,
            confirm_org=False,
            browser_hash=fingerprint(BROWSER),
            verifier_ciphertext=FakeCipher().encrypt("v" * 43, tenant=TENANT, purpose="pkce"),
            login_url="https://login.salesforce.com",
            redirect_uri="https://hook.example.com/oauth/salesforce/callback",
            expires_at=until,
        )
        self.tickets = {fingerprint("example-ticket"): ticket}
        self.states = {fingerprint(STATE): state}

    def tenant_name(self, tenant: str) -> str | None:
        return "Lovelace Engines" if tenant == TENANT else None

    def read_ticket(self, ticket_hash: str) -> ConnectTicket | None:
        return self.tickets.get(ticket_hash)

    def take_ticket(self, ticket_hash: str) -> ConnectTicket | None:
        return self.tickets.pop(ticket_hash, None)

    def put_state(self, state_hash: str, state: ConnectState) -> None:
        self.states[state_hash] = state

    def take_state(self, state_hash: str) -> ConnectState | None:
        return self.states.pop(state_hash, None)


class Salesforce:
    """Gives a token for the code of the files, and says whose it is."""

    def exchange(self, _login_url: str, *, code: str, **_: object) -> TokenPair:
        assert code == "example-code"
        return TokenPair(
            access_token="access-1",
            refresh_token="refresh-1",
            instance_url="https://org.my.salesforce.com",
            identity_url="https://login.salesforce.com/id/00D/005",
        )

    def identify(self, _pair: TokenPair) -> Identity:
        return Identity(
            org_id="00D000000000001AAA", user_id=ADMIN.id, name=ADMIN.name, email=ADMIN.email
        )

    def revoke(self, _login_url: str, *, token: str) -> None:
        raise AssertionError(token)


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> FakeConnections:
    """What the function of the way to Salesforce stores, behind its wiring."""
    connections = FakeConnections()
    world = Connecting(
        steps=Steps(),
        orgs=connections,
        second=SecondTenant.WARN,
        app=SimpleNamespace(
            credentials=lambda: AppCredentials(client_id="example-app", client_secret="s")
        ),
        app_choices=FakeAppChoices(),
        app_secrets=FakeAppSecrets(),
        tokens=Salesforce(),
        org=FakeOrg(now=lambda: NOW),
        memory=FakeOrgMemory(),
        connections=connections,
        cipher=FakeCipher(),
        due_dates=SimpleNamespace(
            drain_now=lambda _tenant, **_: None, keep_alive_at=lambda _tenant, _at: None
        ),
        now=lambda: NOW,
        authorize_url=authorize_url,
    )
    deploy(
        monkeypatch,
        {environment.OAUTH_CALLBACK},
        connecting=world,
        hosts=SalesforceHosts(),
        login_url="https://login.salesforce.com",
        public_base_url="",
        operator_name="",
    )
    return connections


@pytest.mark.rule("CX-4")
def test_the_ticket_is_asked_about_as_often_as_it_is_opened(connections: FakeConnections):
    handler = load("oauth_callback").handler

    for answer in [handler(event("oauth_callback/start"), None) for _ in range(3)]:
        assert answer["statusCode"] == 200
        assert "Lovelace Engines" in answer["body"]
        assert (
            "hook.example.com" in answer["body"]
        )  # an operator without a name is known by its host
        assert answer["cookies"][0].startswith("__Host-switchhook_page=")


def test_the_pressed_button_leads_to_salesforce(connections: FakeConnections):
    answer = load("oauth_callback").handler(event("oauth_callback/continue"), None)

    assert answer["statusCode"] == 200
    assert (
        'content="0;url=https://login.salesforce.com/services/oauth2/authorize?' in answer["body"]
    )
    assert answer["cookies"][0].startswith("__Host-switchhook_state=")


def test_the_way_back_connects_the_tenant(connections: FakeConnections):
    answer = load("oauth_callback").handler(event("oauth_callback/callback"), None)

    assert answer["statusCode"] == 200
    assert ADMIN.name in answer["body"]
    assert connections.read(TENANT).status is ConnectionStatus.CONNECTED


ORG_ID = "00D000000000001AAA"


@pytest.fixture
def neighbour(connections: FakeConnections) -> str:
    """Another tenant, connected to the org of the files."""
    stored = Connection(
        tenant="t_bbbbbbbbbbbbbbbb", status=ConnectionStatus.CONNECTED, generation=1, org_id=ORG_ID
    )
    connections.stored[stored.tenant] = stored
    return stored.tenant


@pytest.mark.rule("SH-8", "SH-10")
def test_a_second_tenant_of_an_org_is_told_on_the_page_and_by_ids_in_the_log(
    neighbour: str, caplog: pytest.LogCaptureFixture
):
    answer = load("oauth_callback").handler(event("oauth_callback/callback"), None)

    (told,) = [line for line in caplog.records if line.msg == "org_shared"]
    assert "Another account of this service" in answer["body"]
    assert neighbour not in answer["body"]
    assert (told.tenant, told.org_id, told.others) == (TENANT, ORG_ID, [neighbour])


@pytest.mark.rule("SH-8", "SH-10")
def test_a_second_tenant_of_an_org_is_refused_where_the_operator_wants_one(
    connections: FakeConnections,
    neighbour: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    function = load("oauth_callback")
    revoked: list[str] = []
    monkeypatch.setattr(Salesforce, "revoke", lambda _self, _url, *, token: revoked.append(token))
    function.connecting = replace(function.connecting, second=SecondTenant.REFUSE)

    answer = function.handler(event("oauth_callback/callback"), None)

    (told,) = [line for line in caplog.records if line.msg == "not_connected"]
    assert (answer["statusCode"], revoked) == (409, ["refresh-1"])
    assert (told.code, told.tenant, told.others) == ("org_taken", TENANT, [neighbour])
    assert connections.read(TENANT) is None


def test_a_denial_connects_nothing_and_says_so(connections: FakeConnections):
    answer = load("oauth_callback").handler(event("oauth_callback/denied"), None)

    assert answer["statusCode"] == 403
    assert "ask for a new link" in answer["body"]
    assert connections.read(TENANT) is None
