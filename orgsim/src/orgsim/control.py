"""The control plane, `/_org/...`: what a test or a demonstration does to the org from outside."""

import json
from typing import TYPE_CHECKING

from orgsim.conversion import OperationError, convert_lead, merge
from orgsim.faults import FaultError
from orgsim.loading import LoadError, generate, load
from orgsim.org import Org
from orgsim.recycle_bin import BinError, undelete
from orgsim.settings import ConnectedApp
from orgsim.settings_reading import SettingsError, merge_settings, settings_as_json
from orgsim.times import parse_moment
from orgsim.viewer import log_page
from orgsim.web import HttpAnswer, HttpRequest, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

__all__ = ["ControlPlane"]


class ControlPlane:
    """Answers `/_org/...`; its requests are neither counted nor noted nor hit by faults."""

    def __init__(self, org: Org) -> None:
        """Control one org."""
        self._org = org
        self._changes: Mapping[tuple[str, str], Callable[[object], HttpAnswer]] = {
            ("POST", "reset"): self._reset,
            ("POST", "load"): self._load,
            ("GET", "settings"): self._settings,
            ("POST", "settings"): self._change_settings,
            ("POST", "schema"): self._add_schema,
            ("POST", "convert"): self._convert,
            ("POST", "merge"): self._merge,
            ("POST", "undelete"): self._undelete,
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): self._clear_faults,
        }

    def answer(self, request: HttpRequest, instance_url: str) -> HttpAnswer:
        """Answer one request; errors are `{"error": {code, message, fields?}}`."""
        resource = request.path.removeprefix("/_org").strip("/")
        try:
            body = json.loads(request.content() or b"null")
        except ValueError:
            return _error(400, "invalid_json", "the body is not JSON; send a JSON document")
        match request.method, resource:
            case "POST", "token":
                return self._token(body, instance_url)
            case "GET", "":
                return log_page(self._org.journal, request.params)
            case "GET", "requests":
                return self._requests(request)
            case method, name if (method, name) in self._changes:
                return self._changes[method, name](body)
        return _error(404, "not_found", f"the control plane has no {request.method} /{resource}")

    def _token(self, body: object, instance_url: str) -> HttpAnswer:
        asked = _named(body)
        username = None if asked.get("username") is None else str(asked["username"])
        as_app = asked.get("as_app", False)
        if as_app is False:
            token = self._org.control_token(username)
            tokens = None if token is None else {"access_token": token}
        else:
            app = self._app(as_app)
            if app is None:
                message = "no app has that client id; true means the first app"
                return _error(422, "unknown_app", message, {"as_app": "unknown"})
            tokens = self._org.app_tokens(username, app)
        if tokens is None:
            return _error(
                422, "unknown_user", "no active user has that username", {"username": "unknown"}
            )
        return json_answer({**tokens, "instance_url": instance_url})

    def _app(self, named: object) -> ConnectedApp | None:
        """Return the app of a client id, the first one for True, or None."""
        settings = self._org.store.settings
        if named is True:
            return next(iter(settings.connected_apps), None)
        return settings.app(named) if isinstance(named, str) else None

    def _requests(self, request: HttpRequest) -> HttpAnswer:
        since = request.params.get("since", "").strip()
        moment: datetime | None = None
        number = 0
        if since.isdigit():
            number = int(since)
        elif since:
            try:
                moment = parse_moment(since.replace(" ", "+"))
            except ValueError:
                return _error(
                    422, "invalid_since", "since has to be an RFC 3339 time or a request's number"
                )
        entries = self._org.journal.since(moment, number)
        return json_answer({"items": [entry.as_json() for entry in entries]})

    def _load(self, body: object) -> HttpAnswer:
        if not isinstance(body, dict) or not body or set(body) - {"records", "generate"}:
            return _error(422, "invalid_load", "send {records: [...]} or {generate: {...}}")
        try:
            with self._org.store.transaction():
                ids = load(self._org.store, body.get("records", []))
                ids += generate(self._org.store, body.get("generate", {}))
        except LoadError as error:
            return _error(422, "invalid_load", f"{error}; nothing was loaded")
        return json_answer({"ids": ids})

    def _reset(self, _body: object) -> HttpAnswer:
        self._org.reset()
        return json_answer({"reset": True})

    def _clear_faults(self, _body: object) -> HttpAnswer:
        self._org.faults.clear()
        return json_answer({"faults": 0})

    def _settings(self, _body: object = None) -> HttpAnswer:
        shown = settings_as_json(self._org.store.settings)
        return json_answer({**shown, "api_used": self._org.usage.used})

    def _change_settings(self, body: object) -> HttpAnswer:
        if not isinstance(body, dict):
            return _error(422, "invalid_settings", "send an object of settings")
        changes = dict(body)
        used = changes.pop("api_used", self._org.usage.used)
        if isinstance(used, bool) or not isinstance(used, int) or used < 0:
            problem = {"api_used": "must be a whole number, 0 or more"}
            return _error(422, "invalid_settings", "api_used is no count; nothing changed", problem)
        try:
            with self._org.store.transaction():
                current = self._org.store.settings
                self._org.store.configure(merge_settings(current, changes))
        except SettingsError as error:
            return _error(422, "invalid_settings", f"{error}; nothing changed", error.problems)
        self._org.usage.used = used
        return self._settings()

    def _add_schema(self, body: object) -> HttpAnswer:
        store = self._org.store
        try:
            with store.transaction():
                store.configure(merge_settings(store.settings, {"custom_schema": body}))
        except SettingsError as error:
            return _error(422, "invalid_schema", f"{error}; nothing changed")
        return json_answer(store.settings.custom_schema.as_json(), status=201)

    def _convert(self, body: object) -> HttpAnswer:
        return _operation(lambda: convert_lead(self._org.store, _named(body)))

    def _merge(self, body: object) -> HttpAnswer:
        named = _named(body)
        master_id, loser_ids = named.get("master_id"), named.get("loser_ids")
        return _operation(lambda: {"merged": merge(self._org.store, master_id, loser_ids)})

    def _undelete(self, body: object) -> HttpAnswer:
        record_id = _named(body).get("id")
        return _operation(lambda: {"ids": undelete(self._org.store, record_id)})

    def _add_faults(self, body: object) -> HttpAnswer:
        try:
            return json_answer({"faults": self._org.faults.add(body)}, status=201)
        except FaultError as error:
            return _error(422, "invalid_faults", f"{error}; no fault was set")


def _named(body: object) -> dict[str, object]:
    return body if isinstance(body, dict) else {}


def _operation(operation: "Callable[[], object]") -> HttpAnswer:
    """Answer with what an operation returns, or with why it cannot be done."""
    try:
        return json_answer(operation())
    except (OperationError, BinError) as error:
        return _error(422, "not_possible", f"{error}; nothing changed")


def _error(
    status: int, code: str, message: str, fields: dict[str, str] | None = None
) -> HttpAnswer:
    error: dict[str, object] = {"code": code, "message": message}
    if fields:
        error["fields"] = fields
    return json_answer({"error": error}, status=status)
