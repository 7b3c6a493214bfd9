"""The ASGI side: reads requests, waits where a fault says so, writes answers or cuts the line."""

import asyncio
import gzip
import logging
import secrets
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Literal

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from orgsim.exchange import Exchange, Taken
from orgsim.faults import Effect
from orgsim.web import HttpAnswer, HttpRequest

__all__ = ["OrgApp"]

logger = logging.getLogger("orgsim")

_WIRE_HEADERS = {
    "Server": "sfdcedge",
    "Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private",
    "Vary": "Accept-Encoding",
    "X-Robots-Tag": "none",
}
_NOT_ZIPPED_BELOW = 200
# Larger answers are zipped beside the loop, so that no other request waits for them.
_ZIPPED_AT_ONCE = 65_536
_NEVER_ANSWERED = 0
_LOOKS_AGAIN_S = 0.02
# While these wait, they have locked what they will write.
_COMMITS_LATER = frozenset({Effect.DROP_AFTER, Effect.HOLD_THEN_COMMIT, Effect.SLOW})


class OrgApp:
    """One listener of an org as an ASGI application."""

    def __init__(
        self,
        exchange: Exchange,
        door: Literal["https", "http", "control"],
        threads: Executor,
        stopping: asyncio.Event,
    ) -> None:
        """Run the blocking work on `threads`; `stopping` ends every wait."""
        self._exchange = exchange
        self._door: Literal["https", "http", "control"] = door
        self._threads = threads
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a client that goes away does not stop what it asked for."""
        if scope["type"] != "http":
            return
        received_s = time.monotonic()
        try:
            body = await Request(scope, receive).body()
        except ClientDisconnect:
            return
        request = HttpRequest(
            method=scope["method"],
            # The Salesforce CLI keeps an instance address that ends with a slash: `//services/data`.
            path="/" + scope["raw_path"].decode("latin-1").lstrip("/"),
            query=scope["query_string"].decode("latin-1"),
            headers={k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]},
            body=body,
            door=self._door,
            received_s=received_s,
            client_ip=(scope.get("client") or ("",))[0],
        )
        try:
            await self._exchange_with(request, scope, receive, send)
        except Exception:  # the last resort: whatever else fails must not look like Salesforce
            logger.exception("request_failed")
            await PlainTextResponse("orgsim failed; see its log", 500)(scope, receive, send)

    async def _exchange_with(
        self, request: HttpRequest, scope: Scope, receive: Receive, send: Send
    ) -> None:
        taken, answer = await self._in_thread(self._take_and_perform, request)
        if answer is None:
            try:
                with self._exchange.holding(taken):
                    answer = await self._later(taken)
            finally:
                self._exchange.unlock(taken)
        if taken.entry is not None:
            taken.entry.status = _NEVER_ANSWERED if answer is None else answer.status
        if answer is None:
            await _cut(scope, receive)
        else:
            await _write(answer, request, send)

    def _take_and_perform(self, request: HttpRequest) -> tuple[Taken, HttpAnswer | None]:
        """Take a request in and answer it, unless it shall go wrong or has to wait."""
        taken = self._exchange.take(request)
        return taken, self._exchange.attempt(taken) if taken.fault is None else None

    async def _later(self, taken: Taken) -> HttpAnswer | None:
        if taken.fault is None:
            return await self._when_unlocked(taken)
        return await self._with_fault(taken)

    async def _when_unlocked(self, taken: Taken) -> HttpAnswer | None:
        """Answer as soon as nobody else has locked what the request writes, or refuse in the end.

        Waiting takes no thread; None means that the org stops meanwhile.
        """
        until = time.monotonic() + self._exchange.lock_wait_s
        while (answer := await self._in_thread(self._exchange.attempt, taken)) is None:
            while self._exchange.is_blocked(taken) and time.monotonic() < until:
                await self._hold(_LOOKS_AGAIN_S)
                if self._stopping.is_set():
                    return None
            taken.patient = time.monotonic() < until
        return answer

    async def _with_fault(self, taken: Taken) -> HttpAnswer | None:
        """Return the answer that a fault leaves, or None where the line is cut."""
        fault = taken.fault
        assert fault is not None, "only called for requests with a fault"
        if fault.effect is not Effect.COMMIT_THEN_TIMEOUT:
            if fault.delay_s and fault.effect in _COMMITS_LATER:
                await self._in_thread(self._exchange.lock_rows, taken)
            await self._hold(fault.delay_s)
        if fault.effect is Effect.DROP_BEFORE or self._stopping.is_set():
            return None
        refusal = self._exchange.refusal(taken)
        if refusal is not None:
            return refusal
        answer = await self._when_unlocked(taken)
        match fault.effect:
            case Effect.COMMIT_THEN_TIMEOUT:
                await self._hold(fault.delay_s)
                return None
            case Effect.DROP_AFTER:
                return None
            case _:
                return answer

    async def _in_thread[A, T](self, work: Callable[[A], T], argument: A) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, argument)

    async def _hold(self, delay_s: float) -> None:
        if delay_s <= 0:
            return
        try:
            await asyncio.wait_for(self._stopping.wait(), delay_s)
        except TimeoutError:
            return


async def _cut(scope: Scope, receive: Receive) -> None:
    """Close the connection without an answer, below HTTP and TLS."""
    scope["state"]["transport"].abort()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(answer: HttpAnswer, request: HttpRequest, send: Send) -> None:
    headers = {**_WIRE_HEADERS, "X-Sfdc-Request-Id": secrets.token_hex(16), **answer.headers}
    body = b"" if request.method == "HEAD" else answer.body
    if len(body) >= _NOT_ZIPPED_BELOW and "gzip" in request.headers.get("accept-encoding", ""):
        body = await _zipped(body)
        headers["Content-Encoding"] = "gzip"
    start: Message = {
        "type": "http.response.start",
        "status": answer.status,
        # Without a length the answer goes out chunked, as Salesforce's answers do.
        "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()],
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})


async def _zipped(body: bytes) -> bytes:
    if len(body) <= _ZIPPED_AT_ONCE:
        return gzip.compress(body, compresslevel=1)
    return await asyncio.to_thread(gzip.compress, body, compresslevel=1)
