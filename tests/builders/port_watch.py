"""Watches ports from outside: which method was called, what it asked the network for, whether it slept.

Every client (botocore, requests, urllib) speaks HTTP through `http.client`, so that is where requests are
counted, whatever library made them. A request or a sleep belongs to the port call that its thread is in.
"""

import http.client
import inspect
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import pytest


@dataclass
class Sent:
    """One request: what was asked of whom, and the status it was answered with (None: never)."""

    what: str
    status: int | None = None


@dataclass
class PortCall:
    """One call of one port's method."""

    port: str
    method: str
    requests: list[Sent] = field(default_factory=list)
    slept: bool = False

    @property
    def name(self) -> str:
        return f"{self.port}.{self.method}"

    def __str__(self) -> str:
        asked = ", ".join(f"{one.what} -> {one.status}" for one in self.requests)
        return f"{self.name}: {asked}"


_current: ContextVar[PortCall | None] = ContextVar("current", default=None)


class _Watched:
    """A port whose methods are noted; everything else is the port's own."""

    def __init__(self, calls: list[PortCall], protocol: type, real: object) -> None:
        self._calls, self._protocol, self._real = calls, protocol, real

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if name not in methods_of(self._protocol):
            return found

        def noted(*args: object, **kwargs: object) -> Any:
            call = PortCall(port=self._protocol.__name__, method=name)
            self._calls.append(call)
            token = _current.set(call)
            try:
                return found(*args, **kwargs)
            finally:
                _current.reset(token)

        return noted


class PortWatch:
    """Notes every call of the ports it was given."""

    def __init__(self) -> None:
        self.calls: list[PortCall] = []

    def over(self, protocol: type, real: object) -> Any:
        """The port, watched; it has to have all the protocol's methods."""
        missing = [name for name in methods_of(protocol) if not hasattr(real, name)]
        assert missing == [], f"{type(real).__name__} is no {protocol.__name__}"
        return _Watched(self.calls, protocol, real)

    @contextmanager
    def watching(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Counts requests and forbids sleeping in port calls."""
        connection = http.client.HTTPConnection
        putrequest, putheader = connection.putrequest, connection.putheader
        getresponse, sleep = connection.getresponse, time.sleep

        def begins(self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            if (call := _current.get()) is not None:
                self.watched = Sent(what=f"{method} {url.partition('?')[0]}")
                call.requests.append(self.watched)
            return putrequest(self, method, url, *args, **kwargs)

        def names_operation(self: Any, header: Any, *values: Any) -> Any:
            name = header.decode() if isinstance(header, bytes) else header
            if name.lower() == "x-amz-target" and _current.get() is not None:
                value = values[0]
                self.watched.what = value.decode() if isinstance(value, bytes) else value
            return putheader(self, header, *values)

        def answered(self: Any) -> Any:
            answer = getresponse(self)
            if _current.get() is not None:
                self.watched.status = answer.status
            return answer

        def rests(seconds: float) -> None:
            if (call := _current.get()) is not None:
                call.slept = True
                return
            sleep(seconds)

        with monkeypatch.context() as patch:
            patch.setattr(connection, "putrequest", begins)
            patch.setattr(connection, "putheader", names_operation)
            patch.setattr(connection, "getresponse", answered)
            patch.setattr(time, "sleep", rests)
            yield

    @property
    def exercised(self) -> set[str]:
        return {call.name for call in self.calls}


def methods_of(protocol: type) -> tuple[str, ...]:
    """The methods that a protocol asks for."""
    return tuple(
        name
        for base in protocol.__mro__
        if getattr(base, "_is_protocol", False)
        for name, value in vars(base).items()
        if inspect.isfunction(value) and (name == "__call__" or not name.startswith("_"))
    )


def protocols_of(*modules: object) -> dict[str, type]:
    """Every protocol that the modules define."""
    return {
        found.__name__: found
        for module in modules
        for _, found in inspect.getmembers(module, inspect.isclass)
        if getattr(found, "_is_protocol", False) and found.__module__ == module.__name__
    }
