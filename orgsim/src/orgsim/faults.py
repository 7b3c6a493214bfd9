"""Trouble on request: which answers go wrong, how, and how often."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from orgsim.web import HttpRequest

__all__ = ["Effect", "Fault", "FaultError", "Faults", "objects_named"]


class Effect(StrEnum):
    """What goes wrong."""

    STATUS_503 = "status_503"
    HTML_502 = "html_502"
    COMMIT_THEN_TIMEOUT = "commit_then_timeout"
    HOLD_THEN_COMMIT = "hold_then_commit"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    LOCK_ROW = "lock_row"
    LIMIT_EXCEEDED = "limit_exceeded"
    SLOW = "slow"
    REVOKE = "revoke"


# How long a fault waits when it does not say: long enough for any client to give up, or to notice.
_DEFAULT_DELAYS_S = {
    Effect.COMMIT_THEN_TIMEOUT: 3600.0,
    Effect.HOLD_THEN_COMMIT: 2.0,
    Effect.SLOW: 2.0,
}
_KEYS = frozenset({"match", "effect", "times", "delay_s"})
_MATCH_KEYS = frozenset({"method", "path_regex", "object", "nth"})
_IN_PATH = re.compile(r"/(?:sobjects|composite/tree)/([A-Za-z]\w*)")
# The object of a new job of Bulk API 1.0, in XML or in JSON.
_IN_JOB = re.compile(rb'<object>\s*(\w+)\s*</object>|"object"\s*:\s*"(\w+)"')
_IN_QUERY = re.compile(r"\b(?:FROM|RETURNING)\s+(\w+)|,\s*(\w+)\s*\(", re.IGNORECASE)


class FaultError(Exception):
    """A fault that cannot be set; the message names the key."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault and how often it has met its requests; `times` is how often it strikes."""

    effect: Effect
    method: str | None = None
    path: re.Pattern[str] | None = None
    object: str | None = None
    nth: int = 1
    times: int = 1
    delay_s: float = 0.0
    met: int = field(default=0, init=False)
    struck: int = field(default=0, init=False)

    def fits(self, request: HttpRequest, objects: frozenset[str]) -> bool:
        """Return whether a request is one this fault waits for."""
        address = request.path if not request.query else f"{request.path}?{request.query}"
        return (
            (self.method is None or self.method == request.method)
            and (
                self.path is None
                or self.path.search(request.path) is not None
                or self.path.search(address) is not None
            )
            and (self.object is None or self.object.lower() in objects)
        )


class Faults:
    """The faults that are set at present."""

    def __init__(self) -> None:
        """Begin without any."""
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, entries: object) -> int:
        """Add faults in the control plane's form and return how many are set now.

        Raises FaultError naming the first key or value that is wrong; nothing is added then.
        """
        if not isinstance(entries, list):
            raise FaultError("faults have to be a list")
        faults = [_read_fault(index, entry) for index, entry in enumerate(entries)]
        with self._lock:
            self._faults.extend(faults)
            return len(self._faults)

    def clear(self) -> None:
        """Remove every fault."""
        with self._lock:
            self._faults.clear()

    def choose(self, request: HttpRequest, objects: frozenset[str]) -> Fault | None:
        """Count the request with every fault it fits and return the first that strikes, or None."""
        with self._lock:
            chosen: Fault | None = None
            for fault in self._faults:
                if not fault.fits(request, objects):
                    continue
                fault.met += 1
                if chosen is None and fault.met >= fault.nth and fault.struck < fault.times:
                    fault.struck += 1
                    chosen = fault
            return chosen

    def any_set(self) -> bool:
        """Return whether there is anything to choose from."""
        return bool(self._faults)


def objects_named(path: str, query: str, body: object) -> frozenset[str]:
    """Return the objects, in lower case, that a request names in its address, query or body.

    A composite, a graph or a batch names what any of its subrequests names, a new bulk job the
    object that it is for.
    """
    names = set(_IN_PATH.findall(path)) - {"describe"}
    names |= {name for pair in _IN_QUERY.findall(query) for name in pair if name}
    if isinstance(body, bytes) and path.rstrip("/").endswith("/job"):
        names |= {(one or two).decode() for one, two in _IN_JOB.findall(body)}
    if isinstance(body, Mapping) and "/jobs/" in path:
        names |= {str(body.get("object", ""))}
        names |= {n for pair in _IN_QUERY.findall(str(body.get("query", ""))) for n in pair if n}
    if isinstance(body, Mapping):
        for record in _dicts(body.get("records")):
            attributes = record.get("attributes")
            if isinstance(attributes, Mapping) and isinstance(attributes.get("type"), str):
                names.add(str(attributes["type"]))
        for graph in _dicts(body.get("graphs")):
            names |= objects_named("", "", graph)
        subrequests = _dicts(body.get("compositeRequest")) + _dicts(body.get("batchRequests"))
        for subrequest in subrequests:
            address, _, inner_query = str(subrequest.get("url", "")).partition("?")
            spaced = inner_query.replace("+", " ").replace("%20", " ")
            inner_body = subrequest.get("body", subrequest.get("richInput"))
            names |= objects_named(address, spaced, inner_body)
    return frozenset(name.lower() for name in names)


def _dicts(value: object) -> list[Mapping[str, object]]:
    return (
        [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []
    )


def _read_fault(index: int, entry: object) -> Fault:
    where = f"fault {index}"
    if not isinstance(entry, dict):
        raise FaultError(f"{where} has to be an object")
    match = entry.get("match", {})
    if not isinstance(match, dict):
        raise FaultError(f"{where}: match has to be an object")
    if unknown := sorted(set(entry) - _KEYS):
        raise FaultError(f"{where}: unknown keys: {', '.join(unknown)}")
    if unknown := sorted(set(match) - _MATCH_KEYS):
        raise FaultError(f"{where}: unknown keys in match: {', '.join(unknown)}")
    effect = _effect(where, entry.get("effect"))
    return Fault(
        effect=effect,
        method=_method(where, match.get("method")),
        path=_pattern(where, match.get("path_regex")),
        object=_optional_text(where, match, "object"),
        nth=_whole(where, match, "nth"),
        times=_whole(where, entry, "times"),
        delay_s=_delay(where, entry.get("delay_s"), effect),
    )


def _effect(where: str, value: object) -> Effect:
    if not isinstance(value, str) or value not in set(Effect):
        raise FaultError(f"{where}: effect has to be one of {', '.join(Effect)}")
    return Effect(value)


def _optional_text(where: str, entry: Mapping[str, object], key: str) -> str | None:
    value = entry.get(key)
    if value is None or isinstance(value, str):
        return value
    raise FaultError(f"{where}: {key} has to be a text")


def _method(where: str, value: object) -> str | None:
    return (_optional_text(where, {"method": value}, "method") or "").upper() or None


def _pattern(where: str, value: object) -> re.Pattern[str] | None:
    text = _optional_text(where, {"path_regex": value}, "path_regex")
    try:
        return None if text is None else re.compile(text)
    except re.error as error:
        raise FaultError(f"{where}: path_regex: {error}") from error


def _whole(where: str, entry: Mapping[str, object], key: str) -> int:
    value = entry.get(key, 1)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise FaultError(f"{where}: {key} has to be a whole number, 1 or more")
    return value


def _delay(where: str, value: object, effect: Effect) -> float:
    if value is None:
        return _DEFAULT_DELAYS_S.get(effect, 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise FaultError(f"{where}: delay_s has to be a number of seconds, 0 or more")
    return float(value)
