"""The ingress that each test gets for itself."""

import importlib.util
from datetime import datetime
from functools import cache
from types import ModuleType

import pytest

from unit.ingress.world import (
    AIRCALL,
    CHATWOOT,
    CHATWOOT_OLDER,
    COMM100,
    DIALPAD,
    GENERIC,
    GENERIC_CHAT,
    INTERCOM,
    LIVECHAT,
    NOW,
    ROOT,
    ZOOM,
    World,
    make_world,
)


@pytest.fixture
def world() -> World:
    return make_world(
        *(AIRCALL, GENERIC, ZOOM, DIALPAD),
        *(CHATWOOT, CHATWOOT_OLDER, INTERCOM, COMM100, LIVECHAT, GENERIC_CHAT),
    )


@pytest.fixture
def handler_module(world: World, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The deployed handler file of calls."""
    return load("call_ended", world, monkeypatch)


@pytest.fixture
def chat_handler(world: World, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The deployed handler file of chats."""
    return load("chat_ended", world, monkeypatch)


def load(function: str, world: World, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A deployed handler file, its AWS clients replaced by fakes and its clock stopped."""

    class StoppedClock(datetime):
        @classmethod
        def now(cls, tz=None) -> datetime:
            return NOW.astimezone(tz)

    module = started(function)
    monkeypatch.setattr(module, "ingress", world.ingress)
    monkeypatch.setattr(module, "datetime", StoppedClock)
    return module


@cache
def started(function: str) -> ModuleType:
    """The file as it is after its init phase, which makes clients and happens once in a process."""
    spec = importlib.util.spec_from_file_location(
        f"{function}_handler", ROOT / "functions" / function / "handler.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TENANT_TABLE", "PAYLOAD_BUCKET", "KMS_KEY_ID"):
            patch.setenv(name, "example")
        patch.setenv("ACTIVITY_QUEUE_URL", "https://queue.example.com/1")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        spec.loader.exec_module(module)
    return module
