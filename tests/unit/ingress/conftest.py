"""The ingress that each test gets for itself."""

import importlib.util
from datetime import datetime
from types import ModuleType

import pytest

from unit.ingress.world import AIRCALL, GENERIC, NOW, ROOT, World, make_world


@pytest.fixture
def world() -> World:
    return make_world(AIRCALL, GENERIC)


@pytest.fixture
def handler_module(world: World, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The deployed handler file, its AWS clients replaced by fakes and its clock stopped."""
    for name in ("TENANT_TABLE", "PAYLOAD_BUCKET", "KMS_KEY_ID"):
        monkeypatch.setenv(name, "example")
    monkeypatch.setenv("ACTIVITY_QUEUE_URL", "https://queue.example.com/1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    spec = importlib.util.spec_from_file_location(
        "call_ended_handler", ROOT / "functions/call_ended/handler.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    class StoppedClock(datetime):
        @classmethod
        def now(cls, tz=None) -> datetime:
            return NOW.astimezone(tz)

    monkeypatch.setattr(module, "ingress", world.ingress)
    monkeypatch.setattr(module, "datetime", StoppedClock)
    return module
