"""Requests that wait do not stand in the way of others."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from orgsim.server import OrgServer

pytestmark = pytest.mark.org

HELD = 20
TASKS = "/services/data/v62.0/sobjects/Task"


@pytest.fixture
def org():
    """An org that ends with the test, and with it whatever it holds."""
    with OrgServer() as server:
        yield server


@pytest.fixture
def app_token(org):
    """An access token of an app, which faults do hit."""
    grants, store = org.org.grants, org.org.store
    grant = grants.grant(store.admin_id, "PlatformCLI", "api")
    return grants.open_session(store.admin_id, "PlatformCLI", grant, "api")


def create(org, token, timeout):
    return requests.post(
        org.addresses.http_url + TASKS,
        json={"Subject": "Call"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=timeout,
    )


def waiting(org):
    return sum(entry.status is None for entry in org.org.journal.since())


def wait_until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass within 10 s"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("effect", "stored"),
    [("slow", 0), ("hold_then_commit", 0), ("commit_then_timeout", HELD)],
)
def test_others_are_answered_while_twenty_are_held(org, app_token, effect, stored):
    """The held ones wait on; what they commit depends on the fault."""
    fault = {"effect": effect, "delay_s": 600, "times": HELD, "match": {"method": "POST"}}
    org.org.faults.add([fault])
    with ThreadPoolExecutor(HELD) as threads:
        held = [threads.submit(create, org, app_token, 30) for _ in range(HELD)]
        wait_until(lambda: waiting(org) == HELD and org.org.store.count("Task") == stored)

        versions = requests.get(f"{org.addresses.http_url}/services/data", timeout=5)
        created = create(org, app_token, 5)

        assert (versions.status_code, created.status_code) == (200, 201)
        assert not any(one.done() for one in held)
        assert org.org.store.count("Task") == stored + 1
        org.stop()
        assert all(isinstance(one.exception(), requests.ConnectionError) for one in held)


def test_twenty_are_held_side_by_side_and_not_in_turn(org, app_token):
    """All of them take about as long as one."""
    fault = {"effect": "hold_then_commit", "delay_s": 1, "times": HELD}
    org.org.faults.add([fault])
    began = time.monotonic()

    with ThreadPoolExecutor(HELD) as threads:
        answers = list(threads.map(lambda _: create(org, app_token, 30), range(HELD)))

    took_s = time.monotonic() - began
    assert {answer.status_code for answer in answers} == {201}
    assert org.org.store.count("Task") == HELD
    assert 1 <= took_s < HELD / 8
