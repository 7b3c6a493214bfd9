"""The one way to Salesforce: bounded, never redirected, never retried, only to Salesforce's hosts."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from switchhook.adapters.salesforce.errors import network_failure, refusal, unreadable
from switchhook.adapters.salesforce.hosts import SalesforceHosts
from switchhook.domain.connection import ApiUsage, Grant
from switchhook.domain.errors import Permanent

API_VERSION = "62.0"
API_PATH = f"/services/data/v{API_VERSION}"

CONNECTION_RESTS_S = 45.0
"""A connection that rested longer is not used again: its other end may have hung up unnoticed while
the process was frozen, and then the outcome of a write over it would be unknown for nothing."""

FIRST_STATUS_AFTER_SUCCESS = 300
NO_CONTENT = 204


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Where a session may go and how long it waits there; the read time-out is between two bytes."""

    hosts: SalesforceHosts
    connect_timeout_s: float
    read_timeout_s: float


class BoundedSession(requests.Session):
    """A session that cannot hang, wander off, or be talked into another host.

    Time-outs: connect and read, both set here. Retries: none. Errors: `NotDelivered` when no byte
    left, else `OutcomeUnknown` for writes and `Retryable` for reads. Answers of every status are
    returned as they are.
    """

    def __init__(self, bounds: Bounds, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._hosts = bounds.hosts
        self._timeout = (bounds.connect_timeout_s, bounds.read_timeout_s)
        self._monotonic = monotonic
        self._used_at = monotonic()
        self._waking = threading.Lock()
        # Set, so that no .netrc file can put its own credentials in the place of the grant's.
        self.auth = _as_given

    def request(  # type: ignore[override] # narrower on purpose: no caller may set the bounds
        self,
        method: str | bytes,
        url: str | bytes,
        *,
        is_write: bool = True,
        **kwargs: Any,  # noqa: ANN401 - requests' own
    ) -> requests.Response:
        """Send one request and read the whole answer."""
        self._refuse_foreign_host(str(url))
        self._drop_rested_connections()
        kwargs |= {"timeout": self._timeout, "allow_redirects": False, "stream": False}
        try:
            return super().request(method, url, **kwargs)
        except requests.RequestException as error:
            raise network_failure(error, is_write=is_write) from None

    def _refuse_foreign_host(self, url: str) -> None:
        if not self._hosts.allows(url):
            raise Permanent(
                "a request to a host that is not Salesforce's was refused", code="host_not_allowed"
            )

    def _drop_rested_connections(self) -> None:
        with self._waking:
            now = self._monotonic()
            if now - self._used_at > CONNECTION_RESTS_S:
                self.close()
            self._used_at = now


class DataSession(BoundedSession):
    """A bounded session for the data API: whatever is not 2xx is raised from the error table.

    So simple_salesforce, whose exceptions print address and body, never sees an error.
    """

    def request(  # type: ignore[override]
        self,
        method: str | bytes,
        url: str | bytes,
        *,
        is_write: bool = True,
        **kwargs: Any,  # noqa: ANN401 - requests' own
    ) -> requests.Response:
        """Send one request; the answer is 2xx."""
        answer = super().request(method, url, is_write=is_write, **kwargs)
        body = json_or_none(answer)
        if answer.status_code >= FIRST_STATUS_AFTER_SUCCESS:
            raise refusal(answer.status_code, body, is_write=is_write)
        if answer.status_code != NO_CONTENT and not isinstance(body, dict | list):
            raise unreadable(is_write=is_write)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The parsed JSON of a 2xx answer, and the org's gauge if it told it."""

    body: Any
    usage: ApiUsage | None


class RestApi:
    """Sends single requests to the REST API of whichever org a grant is for."""

    def __init__(self, session: DataSession) -> None:
        self._session = session

    def get(self, grant: Grant, path: str, *, params: Mapping[str, str] | None = None) -> Answer:
        """Read something.

        Raises:
            SessionExpired, BudgetSpent, Retryable, Permanent.
        """
        return self._ask(grant, path, method="GET", params=params, is_write=False)

    def post(
        self,
        grant: Grant,
        path: str,
        body: Mapping[str, object],
        *,
        is_write: bool,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Post JSON; a read may be posted too.

        Raises:
            OutcomeUnknown: a write without a clean answer.
            NotDelivered, SessionExpired, BudgetSpent, Retryable, Permanent.
        """
        return self._ask(
            grant, path, method="POST", json=body, headers=dict(headers or {}), is_write=is_write
        )

    def post_bytes(self, grant: Grant, path: str, body: bytes, *, content_type: str) -> Answer:
        """Write a body that is not JSON.

        Raises:
            OutcomeUnknown: no clean answer; it may have landed.
            NotDelivered, SessionExpired, BudgetSpent, Retryable, Permanent.
        """
        headers = {"Content-Type": content_type}
        return self._ask(grant, path, method="POST", data=body, headers=headers, is_write=True)

    def patch(
        self, grant: Grant, path: str, body: Mapping[str, object], *, headers: Mapping[str, str]
    ) -> None:
        """Change one record; Salesforce answers with nothing.

        Raises:
            OutcomeUnknown: no clean answer; it may have landed.
            Permanent: code `PRECONDITION_FAILED` where a condition in the headers does not hold.
            NotDelivered, SessionExpired, BudgetSpent, Retryable, Permanent: nothing happened.
        """
        self._ask(grant, path, method="PATCH", json=body, headers=dict(headers), is_write=True)

    def _ask(self, grant: Grant, path: str, *, is_write: bool, **kwargs: Any) -> Answer:  # noqa: ANN401 - restful's own
        # Late: simple_salesforce costs a fifth of a second, and not every invocation needs it.
        from simple_salesforce.api import Salesforce  # noqa: PLC0415

        org = Salesforce(
            instance_url=grant.instance_url,
            session_id=grant.access_token,
            session=self._session,
            version=API_VERSION,
        )
        body = org.restful(path, is_write=is_write, **kwargs)
        used = org.api_usage.get("api-usage")
        return Answer(
            body=body,
            usage=ApiUsage(used=int(used.used), limit=int(used.total)) if used else None,
        )


def _as_given(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    return prepared


def json_or_none(answer: requests.Response) -> object:
    """The answer's JSON; None when it has none, or not a whole one."""
    try:
        return answer.json()
    except requests.exceptions.JSONDecodeError:
        return None
