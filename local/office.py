"""One tenant of a running local cloud, used from outside through the public API only."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests

from local.processes import LocalCloudError
from local.state import State
from local.visitor import Visitor

API_TIMEOUT_S = 30
FINAL = frozenset({"logged", "skipped", "failed"})
API_VERSION = "v62.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A webhook address with what signs for it."""

    id: str
    url: str
    provider: str
    secret: str


class Office:
    """A tenant, its hooks and its org."""

    def __init__(
        self,
        state: State,
        *,
        name: str,
        preset: str = "standard",
        settings: dict[str, Any] | None = None,
    ) -> None:
        self.state = state
        made = self._call(
            "POST",
            "/v1/tenants",
            key=state.operator_key,
            body={
                "name": name,
                "preset": preset,
                "default_region": "US",
                "time_zone": "America/Los_Angeles",
            },
        )
        self.tenant: str = made["tenant_id"]
        self.admin_key: str = made["admin_key"]
        if settings:
            self.call("PATCH", "/settings", settings)

    def call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - any JSON
        """Calls the tenant's part of the API with the admin key.

        Raises:
            LocalCloudError: it answered with an error.
        """
        return self._call(method, f"/v1/tenants/{self.tenant}{path}", key=self.admin_key, body=body)

    def _call(self, method: str, path: str, *, key: str, body: object = None) -> Any:  # noqa: ANN401
        answer = requests.request(
            method,
            f"{self.state.api}{path}",
            json=body,
            headers={"authorization": f"Bearer {key}"},
            timeout=API_TIMEOUT_S,
        )
        if not answer.ok:
            raise LocalCloudError(
                f"{method} {path} was answered with {answer.status_code}: {answer.text[:500]}"
            )
        return answer.json() if answer.content else None

    def connect(self, *, username: str | None = None) -> str:
        """Connects the tenant to the org through the pages a person would see; returns the last page.

        `username` defaults to the org's first admin. An org keeps five grants of one user and app.
        """
        salesforce = self.state.salesforce
        url = self.call("POST", "/connection", {})["connect_url"]
        return Visitor(salesforce.ca_file).connect(
            url, username=username or salesforce.username, password=salesforce.password
        )

    def new_admin(self) -> str:
        """A user of the org for this tenant alone, with the first admin's rights; their username."""
        first = self.state.salesforce.username
        found = self.query(f"SELECT ProfileId FROM User WHERE Username = '{first}'")  # noqa: S608 - ours
        username = f"admin-{uuid.uuid4().hex}@example.com"
        self.load(
            "User",
            LastName="Integration",
            Email=username,
            Username=username,
            IsActive=True,
            ProfileId=found[0]["ProfileId"],
        )
        return username

    def add_hook(self, provider: str, *, kind: str = "call", secret: str | None = None) -> Hook:
        """Makes a webhook address; `secret` where the provider gives it."""
        body = {"provider": provider, "kind": kind} | ({"secret": secret} if secret else {})
        made = self.call("POST", "/hooks", body)
        return Hook(
            id=made["hook_id"],
            url=made["url"],
            provider=provider,
            secret=secret or made["secret"],
        )

    def post(
        self, hook: Hook, body: dict[str, Any], *, event_id: str | None = None
    ) -> requests.Response:
        """Sends one webhook as its provider would, signed."""
        raw = json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        if hook.provider == "generic":
            headers |= standard_headers(hook.secret, raw, event_id=event_id)
        return requests.post(hook.url, data=raw, headers=headers, timeout=API_TIMEOUT_S)

    def accepted(self, hook: Hook, body: dict[str, Any]) -> str:
        """Sends one webhook as `post` does; returns the id of its activity.

        Raises:
            LocalCloudError: it was not accepted.
        """
        answer = self.post(hook, body)
        if not answer.ok:
            raise LocalCloudError(
                f"The webhook was answered with {answer.status_code}: {answer.text[:300]}"
            )
        activity_id: str = answer.json()["activity_id"]
        return activity_id

    def activity(self, activity_id: str) -> dict[str, Any]:
        """What the ledger says of one activity."""
        found: dict[str, Any] = self.call("GET", f"/activities/{activity_id}")
        return found

    def settled(self, activity_id: str, *, within_s: float = 60) -> dict[str, Any]:
        """The activity once it is final.

        Raises:
            LocalCloudError: it was not in time.
        """
        until = time.monotonic() + within_s
        seen: dict[str, Any] = {}
        while time.monotonic() < until:
            try:
                seen = self.activity(activity_id)
            except LocalCloudError:
                seen = {}
            if seen.get("state") in FINAL:
                return seen
            time.sleep(0.1)
        raise LocalCloudError(
            f"Activity {activity_id} is not final after {within_s:.0f} s: {seen.get('text')}"
        )

    def load(self, type_: str, **fields: object) -> str:
        """Puts a record into the org behind its API; returns its id."""
        ids = self.control("POST", "/_org/load", {"records": [{"type": type_, "fields": fields}]})
        first: str = ids["ids"][0]
        return first

    def control(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
        """Calls the org's control plane."""
        answer = requests.request(
            method,
            f"{self.state.salesforce.control_url}{path}",
            json=body,
            timeout=API_TIMEOUT_S,
        )
        if not answer.ok:
            raise LocalCloudError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.content else None

    def query(self, soql: str) -> list[dict[str, Any]]:
        """What the org itself says; the request is not counted among the tenant's."""
        token = self.control("POST", "/_org/token", {})
        answer = requests.get(
            f"{self.state.salesforce.instance_url}/services/data/{API_VERSION}/query",
            params={"q": soql},
            headers={"authorization": f"Bearer {token['access_token']}"},
            verify=self.state.salesforce.ca_file,
            timeout=API_TIMEOUT_S,
        )
        if not answer.ok:
            raise LocalCloudError(f"The org refused a query: {answer.text[:300]}")
        records: list[dict[str, Any]] = answer.json()["records"]
        return records


def standard_headers(
    secret: str, raw: bytes, *, event_id: str | None = None, at: int | None = None
) -> dict[str, str]:
    """The three headers of Standard Webhooks for a body."""
    event_id = event_id or f"msg_{hashlib.sha256(raw).hexdigest()[:24]}"
    timestamp = str(at or int(datetime.now(UTC).timestamp()))
    signed = b".".join((event_id.encode(), timestamp.encode(), raw))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{digest}",
    }
