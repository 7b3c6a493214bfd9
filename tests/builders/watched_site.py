"""A whole deployment in one process, every port of it watched: API, connecting, ingress, worker, caretaker."""

import base64
import hashlib
import hmac
import html
import json
import re
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_type_hints
from urllib.parse import parse_qs, urlsplit

import requests
from aws_lambda_powertools import Logger

from builders.port_watch import PortWatch, protocols_of
from builders.site import APP_ID, APP_SECRET, CALLBACK, OPERATOR_KEY, Site, answered_call
from fakes.office import unexpected
from switchhook.domain.activity import Activity
from switchhook.domain.connection import Connection
from switchhook.domain.facts.event import Kind
from switchhook.domain.jobs import from_json as job_from_json
from switchhook.domain.queue_messages import (
    EventMessage,
    KeepAliveMessage,
    ParkedMessage,
    QueueMessage,
    WakeMessage,
    from_json,
)
from switchhook.ports import admin, cipher, connect, due, ingress, ledger, org, queues
from switchhook.ports.ingress import ProviderEdge, WebhookRequest
from switchhook.runtime import ingress as ingress_wiring
from switchhook.runtime.api.app import Api
from switchhook.runtime.api.table import ROUTES
from switchhook.runtime.connect import fresh_chance
from switchhook.runtime.deployment import Deployment, deployed
from switchhook.runtime.environment import (
    ACTIVITY_WORKER,
    API,
    CARETAKER,
    JOB_RUNNER,
    OAUTH_CALLBACK,
)
from switchhook.runtime.recording import Recording
from switchhook.usecases.ask.jobs import run_step
from switchhook.usecases.caretaker import Enqueuing, Round, bury_dead_letters, wake_due
from switchhook.usecases.org.connect import Return, finish, question, start
from switchhook.usecases.receive_webhook import Received, receive_webhook
from switchhook.usecases.record.advance import record_event
from switchhook.usecases.record.marked import keep_grant_alive, look_after_parked
from switchhook.usecases.record.woken import follow_wake

PROTOCOLS = protocols_of(ledger, admin, cipher, connect, due, ingress, org, queues)


class MovableClock:
    """The time, which a test can move on; an invocation that never ends."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def remaining_s(self) -> float:
        return 60.0


def watched(wiring: Any, watch: PortWatch) -> Any:
    """The wiring, with each port watched that a field of it or of its bags holds."""
    hints = get_type_hints(type(wiring))
    over = {}
    for field in fields(wiring):
        found, shape = getattr(wiring, field.name), hints[field.name]
        if getattr(shape, "_is_protocol", False):
            over[field.name] = watch.over(shape, found)
        elif is_dataclass(found):
            over[field.name] = watched(found, watch)
    return replace(wiring, **over)


# What a deployment hands out, by the ports that it is; no two of them have a method in common.
_PORTS: dict[str, tuple[type, ...]] = {
    "tenants": (admin.Tenants, admin.ApiKeys),
    "operator": (admin.OperatorKey,),
    "versions": (admin.SettingsVersions,),
    "people": (admin.PeopleStore,),
    "hooks": (admin.Hooks,),
    "connect_steps": (connect.ConnectSteps,),
    "hook_reader": (ingress.HookReader,),
    "connections": (ledger.Connections,),
    "ledger": (admin.LedgerReader,),
    "cipher": (cipher.Cipher,),
    "catalog": (admin.ProviderCatalog,),
    "plan": (ledger.NumberPlan,),
    "app": (connect.SalesforceApp,),
    "idempotency_keys": (admin.IdempotencyKeys,),
    "jobs": (admin.Jobs,),
    "job_queue": (admin.JobQueue,),
    "payloads": (queues.PayloadStore,),
    "due_dates": (due.DueDates,),
    "dead_letters": (queues.DeadLetters,),
}


class WatchedDeployment:
    """A deployment with every port of it watched, whoever asks for it."""

    def __init__(self, deployment: Deployment | Recording, watch: PortWatch) -> None:
        self._deployment, self._watch = deployment, watch

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._deployment, name)
        if isinstance(found, Recording):
            return WatchedDeployment(found, self._watch)
        for protocol in _PORTS.get(name, ()):
            found = self._watch.over(protocol, found)
        return watched(found, self._watch) if is_dataclass(found) else found


class WatchedSite:
    """One deployment; each method is one thing that a person, a provider or a clock does."""

    def __init__(self, site: Site, watch: PortWatch, aws: Any) -> None:
        self.site, self.watch, self.aws, self.clock = site, watch, aws, MovableClock()
        self.register_app(client_id=APP_ID, client_secret=APP_SECRET)
        api, caring, recording, working = (
            deployed(function, site.env, self.clock)
            for function in (API, CARETAKER, ACTIVITY_WORKER, JOB_RUNNER)
        )
        site.wired += [one.recording.world for one in (api, recording, working)]
        called: Any = WatchedDeployment(api, watch)
        self._api = Api(ROUTES, called, logger=Logger(service="api"))
        at_rest, at_work = WatchedDeployment(caring, watch), WatchedDeployment(recording, watch)
        self._books = at_rest.recording.books
        self._enqueuing = Enqueuing(
            due_dates=at_rest.due_dates,
            queue=self._books.wake_ups,
            run=self._books.run,
            report=unexpected,
        )
        self.world, self._caring = at_work.recording.world, at_work.recording.caring
        self._dead_letters = at_rest.dead_letters
        self._sessions: list[requests.Session] = []
        self._jobs = WatchedDeployment(working, watch)
        self.connecting = self._wire_connecting()
        opened = ingress_wiring.wire(ingress_wiring.IngressSettings.from_env(site.env))
        ingress = self._watched(opened)
        self._ingress = replace(
            ingress,
            edge_of=lambda name: watch.over(ProviderEdge, opened.edge_of(name)),
        )

    def register_app(self, *, client_id: str, client_secret: str) -> None:
        """The org's admin makes an app that may send people back to us."""
        app = {"client_id": client_id, "client_secret": client_secret, "rotation": True}
        registered = app | {"redirect_uris": [CALLBACK]}
        self.site.control("settings", {"connected_apps": [registered]})

    def _watched(self, wiring: Any) -> Any:
        return watched(wiring, self.watch)

    def _wire_connecting(self) -> Any:
        """Connecting as in a process of its own, which knows nothing yet."""
        world = deployed(OAUTH_CALLBACK, self.site.env, self.clock).connecting
        self._sessions += [world.tokens._session, world.org._rest._session]
        return self._watched(world)

    def close(self) -> None:
        for session in self._sessions:
            session.close()

    def api(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str,
        query: dict[str, str] | None = None,
        refused: bool = False,
    ) -> dict[str, Any]:
        event = {
            "version": "2.0",
            "rawPath": path,
            "headers": {"authorization": f"Bearer {key}"},
            "queryStringParameters": query,
            "requestContext": {
                "domainName": "hook.example.com",
                "requestId": "r-1",
                "stage": "$default",
                "http": {"method": method, "path": path},
            },
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        answer = self._api(event, None)
        assert refused is (answer["statusCode"] >= 400), (method, path, answer)
        return json.loads(answer["body"]) if answer["body"] else {}

    def make_tenant(self) -> tuple[str, str]:
        body = {"name": "A", "preset": "standard", "default_region": "US", "time_zone": "UTC"}
        made = self.api("POST", "/v1/tenants", body, key=OPERATOR_KEY)
        return made["tenant_id"], made["admin_key"]

    def connect(self, connect_url: str) -> Connection:
        """Goes to Salesforce with a ticket, allows the access and comes back to another process."""
        ticket = parse_qs(urlsplit(connect_url).query)["ticket"][0]
        question(ticket, world=self.connecting)
        going = start(
            ticket,
            login_url=self.site.env["SALESFORCE_LOGIN_URL"],
            redirect_uri=CALLBACK,
            chance=fresh_chance(),
            world=self.connecting,
        )
        back = parse_qs(urlsplit(self._through(going.url)).query)
        brought = Return(
            state=back["state"][0], code=back["code"][0], error=None, browser=going.browser
        )
        return finish(brought, world=self._wire_connecting()).connection

    def _through(self, url: str) -> str:
        """Walks the org's pages as a person; gives the address the browser is sent back to."""
        addresses = self.site.org.addresses
        base = addresses.http_url
        page = requests.get(url.replace(addresses.login_url, base), timeout=10).text
        found = re.search(r'name="pending" value="([^"]+)"', page)
        assert found, page
        pending = {"pending": html.unescape(found[1])}
        who = {"username": addresses.username, "password": addresses.password}
        requests.post(f"{base}/services/oauth2/login", data=pending | who, timeout=10)
        consent = requests.post(
            f"{base}/services/oauth2/consent",
            data=pending | {"answer": "allow"},
            timeout=10,
            allow_redirects=False,
        )
        return consent.headers["location"]

    def ring(self, hook: dict[str, Any], call_id: str, **more: object) -> Received:
        """A call ended: its webhook comes in, signed."""
        raw = json.dumps(answered_call(call_id, now=self.clock.now(), **more)).encode()
        return self.receive(hook["hook_id"], raw, _signed(hook["secret"], raw, self.clock.now()))

    def chat(self, hook: dict[str, Any], told: dict[str, object]) -> Received:
        """Something of a chat is told: its webhook comes in, signed."""
        raw = json.dumps(told).encode()
        signed = _signed(hook["secret"], raw, self.clock.now())
        return self.receive(hook["hook_id"], raw, signed, kind=Kind.CHAT)

    def receive(
        self, hook_id: str, raw: bytes, headers: dict[str, str], *, kind: Kind = Kind.CALL
    ) -> Received:
        request = WebhookRequest(headers=headers, body=raw)
        return receive_webhook(
            self._ingress, request, hook_id=hook_id, kind=kind, now=self.clock.now()
        )

    def work(self) -> list[Activity | None]:
        """Works off what is in the queue now."""
        queues, url = self.aws.client("sqs"), self.site.env["ACTIVITY_QUEUE_URL"]
        done: list[Activity | None] = []
        while letters := queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for letter in letters:
                queues.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
                done += self._work_off(from_json(letter["Body"]))
        return done

    def _work_off(self, message: QueueMessage) -> list[Activity | None]:
        match message:
            case EventMessage():
                return [record_event(message, self.world)]
            case WakeMessage():
                return [follow_wake(message, self.world)]
            case ParkedMessage():
                look_after_parked(message, self._caring)
            case KeepAliveMessage():
                keep_grant_alive(message, self._caring)
        return []

    def do_jobs(self) -> None:
        """Takes every job on to its end."""
        queues, url = self.aws.client("sqs"), self.site.env["JOB_QUEUE_URL"]
        jobs, queue = self._jobs.jobs, self._jobs.job_queue
        while letters := queues.receive_message(QueueUrl=url).get("Messages"):
            for letter in letters:
                queues.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
                message = job_from_json(letter["Body"])
                run_step(message, self._jobs.work, jobs=jobs, queue=queue, now=self.clock.now)

    def make_round(self) -> Round:
        """The caretaker's minute, and what it has woken."""
        made = wake_due(self._enqueuing)
        bury_dead_letters(self._dead_letters, self._books)
        self.work()
        return made

    def later(self, **time: float) -> None:
        self.clock.ahead += timedelta(**time)

    def fault(self, effect: str, *, path: str, times: int = 1) -> None:
        fault = {"match": {"path_regex": path}, "effect": effect, "times": times}
        self.site.control("faults", [fault])


def _signed(secret: str, raw: bytes, now: datetime) -> dict[str, str]:
    event_id = f"msg_{hashlib.sha256(raw).hexdigest()[:24]}"
    timestamp = str(int(now.timestamp()))
    signed = b".".join((event_id.encode(), timestamp.encode(), raw))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mark = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{mark}",
    }
