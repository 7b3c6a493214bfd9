"""The local AWS: ministack with its gaps mended, and the deployed HTTP API on a port of its own.

Runs in `.local/emu` as `python -m local.emulator` from the project's root; every setting is an environment
variable that ministack reads (`GATEWAY_PORT`, `AUTH`, `PERSIST_STATE`, ...), and `FRONT_PORT` beside them.
"""

import asyncio
import importlib
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from local.emulation import http_api, shims

type Scope = dict[str, Any]
type App = Callable[[Scope, Any, Any], Awaitable[None]]


def main() -> None:
    """Installs the shims and serves until SIGTERM or SIGINT, saving the state at the end."""
    shims.install_all()
    gateway_port = int(os.environ["GATEWAY_PORT"])
    front_port = int(os.environ["FRONT_PORT"])
    app: App = importlib.import_module("ministack.app").app
    asyncio.run(_serve(with_front(app, front_port), [gateway_port, front_port]))


def with_front(app: App, front_port: int) -> App:
    """Returns an app on whose front port the deployed HTTP API answers as if it were alone.

    So browsers and OAuth redirects need no special host names.
    """

    async def front(scope: Scope, receive: Any, send: Any) -> None:  # noqa: ANN401  # ASGI's callables
        if scope["type"] == "http" and scope["server"][1] == front_port:
            api = _deployed_api()
            if api is None:
                await _not_deployed(send)
                return
            headers = http_api.front_headers(
                scope["headers"], f"{api}.execute-api.localhost:{front_port}"
            )
            scope = {**scope, "headers": headers}
        await app(scope, receive, send)

    return front


def _deployed_api() -> str | None:
    apis = importlib.import_module("ministack.services.apigateway")._apis._data.values()  # noqa: SLF001  # all accounts
    return next((api["apiId"] for api in apis if api.get("protocolType") == "HTTP"), None)


async def _not_deployed(send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"message":"Nothing is deployed yet."}'})


async def _serve(app: App, ports: list[int]) -> None:
    # These two exist in the emulator's environment only.
    hypercorn = importlib.import_module("hypercorn.asyncio")
    config = importlib.import_module("hypercorn.config").Config()
    config.bind = [f"127.0.0.1:{port}" for port in ports]
    config.keep_alive_timeout = 75
    config.accesslog = None
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Only a graceful stop saves the state.
        loop.add_signal_handler(number, stop.set)
    await hypercorn.serve(app, config, shutdown_trigger=stop.wait)


if __name__ == "__main__":
    main()
