"""An admin who connects a tenant in a browser, against a running org and stores in memory."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from fakes.apps import FakeAppChoices
from fakes.cipher import FakeCipher
from fakes.connections import FakeConnections
from fakes.tenants import FakeOrgMemory
from switchhook.adapters.salesforce.metadata import SalesforceMetadata
from switchhook.adapters.salesforce.oauth import authorize_url
from switchhook.domain.connection import SecondTenant
from switchhook.domain.tenants import fingerprint
from switchhook.domain.timing import Timing
from switchhook.ports.connect import ConnectTicket
from switchhook.usecases.org.connect import Chance, Connecting, Return, finish, start
from switchhook.usecases.org.disconnect import disconnect
from switchhook.usecases.org.grants import Grants
from switchhook.usecases.org.own_app import AppStores, drop_app, put_app

REDIRECT_URI = "https://hook.example.com/oauth/salesforce/callback"
CHANCE = Chance(state="s" * 43, browser="b" * 43, verifier="v" * 43)
CIPHER = FakeCipher()


class Clock:
    """The machine's time, and a minute left."""

    def now(self):
        return datetime.now(UTC)

    def remaining_s(self):
        return 60.0


class Steps:
    """Tickets and states in memory."""

    def __init__(self):
        self.tickets, self.states = {}, {}
        self.names = {"t-1": "Lovelace Engines", "t-2": "Babbage & Sons"}

    def tenant_name(self, tenant):
        return self.names.get(tenant)

    def read_ticket(self, ticket_hash):
        return self.tickets.get(ticket_hash)

    def take_ticket(self, ticket_hash):
        return self.tickets.pop(ticket_hash, None)

    def put_state(self, state_hash, state):
        self.states[state_hash] = state

    def take_state(self, state_hash):
        return self.states.pop(state_hash, None)


@dataclass
class DueDates:
    drained: list = field(default_factory=list)
    kept_alive: list = field(default_factory=list)

    def drain_now(self, tenant, **_now):
        self.drained.append(tenant)

    def keep_alive_at(self, tenant, at):
        self.kept_alive.append((tenant, at))


class Admin:
    """An admin with a browser, and the product's side of the way."""

    def __init__(self, org):
        self.org = org
        self.offset = timedelta()
        self.steps, self.due_dates, self.memory = Steps(), DueDates(), FakeOrgMemory()
        self.connections = FakeConnections()
        self.choices, self.secrets = FakeAppChoices(), org.apps.secrets
        self.world = Connecting(
            steps=self.steps,
            orgs=self.connections,
            second=SecondTenant.WARN,
            app=org.apps,
            app_choices=self.choices,
            app_secrets=self.secrets,
            tokens=org.tokens,
            org=SalesforceMetadata(org.rest),
            memory=self.memory,
            connections=self.connections,
            cipher=CIPHER,
            due_dates=self.due_dates,
            now=lambda: datetime.now(UTC) + self.offset,
            authorize_url=authorize_url,
        )

    def asks_for_a_link(self, *, confirm_org=False, tenant="t-1"):
        self.steps.tickets[fingerprint("ticket")] = ConnectTicket(
            tenant=tenant,
            confirm_org=confirm_org,
            expires_at=datetime.now(UTC) + timedelta(minutes=10),
        )

    def starts(self):
        return start(
            "ticket",
            login_url=self.org.login_url,
            redirect_uri=REDIRECT_URI,
            chance=CHANCE,
            world=self.world,
        )

    def comes_back(self, answer="allow", username=None, **changes):
        going = self.starts()
        query = parse_qs(urlsplit(self.org.through(going.url, answer, username)).query)
        back = Return(
            state=query["state"][0],
            code=query.get("code", [None])[0],
            error=query.get("error", [None])[0],
            browser=going.browser,
        )
        return replace(back, **changes)

    def connects(self, *, confirm_org=False, username=None, tenant="t-1"):
        return self.arrives(confirm_org=confirm_org, username=username, tenant=tenant).connection

    def arrives(self, *, confirm_org=False, username=None, tenant="t-1"):
        self.asks_for_a_link(confirm_org=confirm_org, tenant=tenant)
        return finish(self.comes_back(username=username), world=self.world)

    @property
    def app_stores(self):
        return AppStores(
            choices=self.choices,
            secrets=self.secrets,
            connections=self.connections,
            secret_prefix="stack/apps/",
        )

    def puts_app(self, credentials, *, login_url=None):
        """Registers the app in the org as its admin would, and stores it here."""
        app = {
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
            "redirect_uris": [REDIRECT_URI],
            "rotation": True,
        }
        self.org.settings(connected_apps=[app])
        return put_app(
            "t-1",
            credentials,
            login_url=login_url or self.org.login_url,
            read_login_url=self.org.hosts.login_base,
            stores=self.app_stores,
        )

    def drops_app(self):
        drop_app("t-1", stores=self.app_stores)

    def disconnects(self):
        return disconnect(
            "t-1",
            connections=self.connections,
            cipher=CIPHER,
            tokens=self.org.tokens,
            choices=self.choices,
            secrets=self.secrets,
        )

    def renews(self):
        """The worker's refresh of the grant in force."""
        grants = self._grants()
        grants.current("t-1")
        return grants.renew("t-1")

    def grant(self):
        return self._grants().current("t-1")

    def _grants(self):
        return Grants(
            connections=self.connections,
            cipher=CIPHER,
            tokens=self.org.tokens,
            clock=Clock(),
            timing=Timing(),
            holder="me",
        )


def works(org, grant):
    """Whether the org takes the grant's access token."""
    return org.count("SELECT Id FROM Organization", grant) == 1
