"""Takes a request through authentication, faults and the right part of the org."""

import re
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from orgsim.api.calls import ApiAnswer, ApiCall, RawBody, read_params, split_path, write_options
from orgsim.api.router import version_list
from orgsim.bodies import read_body
from orgsim.bulk.classic_forms import error_answer
from orgsim.control import ControlPlane
from orgsim.errors import ApiError, not_found
from orgsim.faults import Effect, Fault, objects_named
from orgsim.journal import Entry
from orgsim.language import translate
from orgsim.oauth.endpoints import OAuthEndpoints
from orgsim.oauth.grants import Session
from orgsim.oauth.place import instance_url
from orgsim.org import Org
from orgsim.row_locks import RowHeldError, Turn
from orgsim.web import HttpAnswer, HttpRequest, json_answer

__all__ = ["Exchange", "Taken"]

_DATA = re.compile(r"/services/data/v(\d{1,3}\.\d)(/.*)?")
_CLASSIC = re.compile(r"/services/async/(\d{1,3}\.\d)(/.*)?")
_VERSIONS = "/services/data"
_NO_SESSION = ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
_OVER_LIMIT = ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
_TOO_MANY_LONG = ApiError(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.")
_TOO_LATE = ApiError(
    503, "SERVER_UNAVAILABLE", "The request took longer than the org allows; nothing was done"
)
# The path, the question mark and the query.
_LONGEST_ADDRESS = 16_384
_TOO_LONG = b"<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>"
_BAD_GATEWAY = b"""<!DOCTYPE html>
<html><head><title>502 Bad Gateway</title></head>
<body><h1>502 Bad Gateway</h1><p>The upstream server did not answer.</p></body></html>
"""


@dataclass(slots=True, kw_only=True)
class Taken:
    """A request that has been taken in: whose it is, what it says, what will go wrong with it.

    `waits_for` is the record it could not lock, `patient` whether it may wait for that one.
    """

    request: HttpRequest
    entry: Entry | None
    session: Session | None = None
    body: object = None
    problem: ApiError | None = None
    fault: Fault | None = None
    waits_for: str | None = None
    patient: bool = True


class Exchange:
    """Answers requests to one org; plain blocking code, safe to call from several threads."""

    def __init__(self, org: Org, addresses: Mapping[str, str]) -> None:
        """`addresses` are the org's urls by door (`https`, `http`)."""
        self._org = org
        self._addresses = addresses
        self._control = ControlPlane(org)
        self._oauth = OAuthEndpoints(org.store, org.grants, org.flow, org.tokens)

    def take(self, request: HttpRequest) -> Taken:
        """Note the request, find its session and choose the fault that strikes, if any."""
        if request.door == "control" or request.path.startswith("/_org"):
            return Taken(request=request, entry=None)
        org = self._org
        entry = org.journal.begin(org.store.now(), request.method, request.path)
        taken = Taken(request=request, entry=entry)
        taken.session = org.grants.session(_token(request))
        entry.client = taken.session.client_id if taken.session is not None else None
        if _DATA.fullmatch(request.path) or _CLASSIC.fullmatch(request.path):
            try:
                taken.body = read_body(request)
            except ApiError as error:
                taken.problem = error
        if taken.session is not None and taken.session.is_control:
            return taken
        if taken.session is not None and self._has_too_many_long(request):
            taken.problem = _TOO_MANY_LONG
        elif org.faults.any_set():
            query = " ".join(read_params(request.query).values())
            named = objects_named(request.path, query, taken.body)
            named |= org.api.bulk.objects_named(request.path)
            taken.fault = org.faults.choose(request, named)
            entry.fault = None if taken.fault is None else taken.fault.effect
        return taken

    def holding(self, taken: Taken) -> AbstractContextManager[None]:
        """Count a request as running, for the limit of long ones, while it is held."""
        return self._org.long_requests.held(taken.request.received_s)

    def _has_too_many_long(self, request: HttpRequest) -> bool:
        settings = self._org.store.settings
        return (
            self._org.long_requests.reached(settings.long_requests_allowed, settings.long_request_s)
            and (_DATA.fullmatch(request.path) or _CLASSIC.fullmatch(request.path)) is not None
        )

    def refusal(self, taken: Taken) -> HttpAnswer | None:
        """Return the answer of a fault that strikes before anything is done, or None."""
        match taken.fault.effect if taken.fault is not None else None:
            case Effect.STATUS_503:
                error = ApiError(503, "SERVER_UNAVAILABLE", "Server Unavailable")
                return json_answer([error.body()], status=503)
            case Effect.HTML_502:
                headers = {"Content-Type": "text/html"}
                return HttpAnswer(status=502, body=_BAD_GATEWAY, headers=headers)
            case Effect.LIMIT_EXCEEDED:
                return self._error_answer(taken, _OVER_LIMIT)
            case _:
                return None

    @property
    def lock_wait_s(self) -> float:
        """How long a write waits for records that another request has locked."""
        return self._org.store.settings.lock_wait_s

    def attempt(self, taken: Taken) -> HttpAnswer | None:
        """Perform a request; None if it has to wait, having done nothing, for `is_blocked`."""
        try:
            return self.perform(taken)
        except RowHeldError as held:
            taken.waits_for = str(held)
            return None

    def is_blocked(self, taken: Taken) -> bool:
        """Return whether another request still has the record that this one waits for."""
        return taken.waits_for is not None and self._org.api.locks.is_held(taken.waits_for)

    def lock_rows(self, taken: Taken) -> None:
        """Lock what a held request is going to write, found out by doing and undoing it."""
        org, session, data = self._org, taken.session, _DATA.fullmatch(taken.request.path)
        if data is None or session is None or taken.problem or taken.request.method == "GET":
            return
        rest = data.group(2) or ""
        if rest.startswith("/jobs"):
            return  # a job's rows are locked when they are written
        turn = Turn(owner=taken, rehearsal=True)
        try:
            call = self._call(taken, session, data.group(1), rest, self._addresses["https"])
            with org.store.transaction() as rehearsal, org.api.locks.taking(turn):
                rehearsal.undo()
                org.usage.give_back(org.api.answer(call).calls - 1)
        except ApiError:
            return  # what is refused locks nothing
        org.api.locks.hold(turn)

    def unlock(self, taken: Taken) -> None:
        """Let go of what a request has locked."""
        self._org.api.locks.release(taken)

    def perform(self, taken: Taken) -> HttpAnswer:
        """Do what the request asks for and return the answer; raises RowHeldError, see `attempt`."""
        request = taken.request
        origin = self._addresses.get(request.door, self._addresses["https"])
        if taken.entry is None:
            return self._control.answer(
                request, instance_url(self._addresses["https"], self._org.store.settings)
            )
        if len(request.path) + len(request.query) >= _LONGEST_ADDRESS:
            return HttpAnswer(status=414, body=_TOO_LONG, headers={"Content-Type": "text/html"})
        if taken.fault is not None and taken.fault.effect is Effect.REVOKE:
            self._revoke(taken)
        path = request.path.rstrip("/")
        if path == _VERSIONS:
            return json_answer(version_list(), pretty=_wants_pretty(request))
        data = _DATA.fullmatch(request.path) or _CLASSIC.fullmatch(request.path)
        if data is None:
            return self._oauth.answer(request, taken.session, origin)
        return self._data(taken, data.group(1), data.group(2) or "", origin)

    def _data(self, taken: Taken, version: str, rest: str, origin: str) -> HttpAnswer:
        assert taken.entry is not None, "only requests of the control plane are not noted"
        org, session = self._org, taken.session
        if session is None:
            return self._error_answer(taken, _NO_SESSION)
        if not {"api", "full"} & set(session.scope.split()):
            message = "This session is not valid for use with the API"
            return self._error_answer(taken, ApiError(401, "INVALID_SESSION_ID", message))
        if not taken.entry.counted and not org.usage.spend(org.store.settings.api_limit):
            return self._error_answer(taken, _OVER_LIMIT)
        taken.entry.counted = 1
        try:
            if taken.problem is not None:
                raise taken.problem
            call = self._call(taken, session, version, rest, origin)
            org.api.bulk.run_due()
            turn = Turn(owner=taken, patience=taken.patient)
            with org.store.transaction(), org.api.locks.taking(turn):
                classic = _CLASSIC.fullmatch(taken.request.path)
                answer = org.api.answer_classic(call) if classic else org.api.answer(call)
                taken.entry.counted = answer.calls
                waited_s = time.monotonic() - taken.request.received_s
                if waited_s > org.store.settings.request_limit_s:
                    raise _TOO_LATE
        except ApiError as error:
            return self._error_answer(taken, error)
        return self._render(taken, answer)

    def _call(
        self, taken: Taken, session: Session, version: str, rest: str, origin: str
    ) -> ApiCall:
        request = taken.request
        params = read_params(request.query)
        if not version.endswith(".0"):
            raise not_found()
        return ApiCall(
            method=_method(request, params),
            version=version,
            segments=split_path(rest),
            params=params,
            headers=request.headers,
            body=taken.body,
            options=write_options(session.user_id, version, request.headers, _locked(taken)),
            origin=origin,
        )

    def _revoke(self, taken: Taken) -> None:
        """End the caller's grant; what follows finds no session any more."""
        grant_id = taken.session.grant_id if taken.session is not None else None
        if grant_id is None:
            refresh_token = taken.request.sent.get("refresh_token", "")
            grant_id = self._org.grants.grant_of_refresh_token(refresh_token)
        if grant_id is not None:
            self._org.grants.revoke_grant(grant_id)
        elif taken.session is not None:
            self._org.grants.revoke(_token(taken.request) or "")
        taken.session = None

    def _error_answer(self, taken: Taken, error: ApiError) -> HttpAnswer:
        language = self._org.store.settings.language
        if _CLASSIC.fullmatch(taken.request.path):
            return self._render(taken, error_answer(error, taken.request.headers))
        body = {**error.body(), "message": translate(error.message, language)}
        return self._render(taken, ApiAnswer(status=error.status, body=[body]))

    def _render(self, taken: Taken, answer: ApiAnswer) -> HttpAnswer:
        limit = self._org.store.settings.api_limit
        known = {"Sforce-Limit-Info": self._org.usage.header(limit)} if taken.session else {}
        headers = {**known, **answer.headers}
        if isinstance(answer.body, RawBody):
            headers["Content-Type"] = answer.body.content_type
            return HttpAnswer(status=answer.status, body=answer.body.content, headers=headers)
        return json_answer(
            answer.body,
            status=answer.status,
            headers=headers,
            pretty=_wants_pretty(taken.request),
        )


def _token(request: HttpRequest) -> str | None:
    """Return the access token from the header or, as some clients send it too, the address."""
    if _CLASSIC.fullmatch(request.path) and (token := request.headers.get("x-sfdc-session")):
        return token
    return request.bearer() or request.params.get("oauth_token")


def _method(request: HttpRequest, params: Mapping[str, str]) -> str:
    """Return the method; `_HttpMethod` lets a POST stand for another one."""
    if request.method == "POST" and "_HttpMethod" in params:
        return params["_HttpMethod"].upper()
    return request.method


def _locked(taken: Taken) -> str | None:
    """Return which object's rows a fault locks, in lower case, `*` for all of them."""
    if taken.fault is None or taken.fault.effect is not Effect.LOCK_ROW:
        return None
    return (taken.fault.object or "*").lower()


def _wants_pretty(request: HttpRequest) -> bool:
    return request.headers.get("x-prettyprint", "").lower() in {"1", "true"}
