"""Measures the deployed stack from outside: answers, the way to the Task, and what it costs the org."""

import json
import time

import requests

from bench import call_costs
from bench.call_costs import AGENT, a_call, last_request, requests_since
from bench.figures import Figure, median, percentile
from local.office import API_TIMEOUT_S, API_VERSION, Hook, Office, standard_headers
from local.state import State

ANSWERS, CALLS, READS, WARM_UP = 300, 60, 300, 10
LOOK_EVERY_S = 0.01
TASK_WITHIN_S = 60
_FIRST_NUMBER = 14_155_560_000


def figures(state: State) -> list[Figure]:
    """Everything that a running cloud shows."""
    office = Office(state, name="Bench", settings={"language": "en"})
    office.load("User", LastName="Agent", Email=AGENT, Username=f"{AGENT}.bench", IsActive=True)
    office.connect()
    hook = office.add_hook("generic")
    numbers = [f"+{_FIRST_NUMBER + place}" for place in range(CALLS + 2)]
    for number in numbers:
        office.load("Contact", LastName=f"Caller {number[-4:]}", Phone=number)
    costs = call_costs.figures(office, hook, numbers[:2])
    to_task = [_seconds_to_task(office, hook, number) for number in numbers[2:]]
    return [
        *costs,
        Figure(
            what="webhook to Task, p50 / p95",
            value=f"{median(to_task) * 1000:.0f} / {percentile(to_task, 95) * 1000:.0f} ms",
            how=f"{CALLS} matched calls one by one, from POST to the org's answered write, "
            f"seen within {LOOK_EVERY_S * 1000:.0f} ms",
        ),
        _answers(hook),
        _org_reads(office),
    ]


def _seconds_to_task(office: Office, hook: Hook, number: str) -> float:
    """From the POST to the moment in which the org has answered the write."""
    before = last_request(office)
    began = time.perf_counter()
    office.post(hook, a_call(number)).raise_for_status()
    while time.perf_counter() - began < TASK_WITHIN_S:
        for entry in requests_since(office, before):
            if entry["path"].endswith("/composite") and entry["status"]:
                return time.perf_counter() - began
        time.sleep(LOOK_EVERY_S)
    raise RuntimeError(f"No Task within {TASK_WITHIN_S} s: see the worker's log.")


def _answers(hook: Hook) -> Figure:
    """How long a provider waits for its 202 when the ingress is warm."""
    waits = []
    with requests.Session() as session:
        for place in range(WARM_UP + ANSWERS):
            # Internal calls end before Salesforce, so that the worker takes little of the machine.
            raw = json.dumps(a_call(None, direction="internal")).encode()
            headers = standard_headers(hook.secret, raw)
            began = time.perf_counter()
            answer = session.post(hook.url, data=raw, headers=headers, timeout=API_TIMEOUT_S)
            if place >= WARM_UP:
                waits.append((time.perf_counter() - began) * 1000)
            answer.raise_for_status()
    return Figure(
        what="webhook answered, warm, p50 / p99",
        value=f"{median(waits):.1f} / {percentile(waits, 99):.1f} ms",
        how=f"{ANSWERS} POSTs one by one through the local API, the worker busy beside them",
    )


def _org_reads(office: Office) -> Figure:
    salesforce = office.state.salesforce
    token = office.control("POST", "/_org/token", {})["access_token"]
    url = f"{salesforce.instance_url}/services/data/{API_VERSION}/query"
    waits = []
    with requests.Session() as session:
        session.headers["authorization"] = f"Bearer {token}"
        for place in range(WARM_UP + READS):
            began = time.perf_counter()
            params = {"q": "SELECT Id FROM Organization"}
            answer = session.get(
                url, params=params, timeout=API_TIMEOUT_S, verify=salesforce.ca_file
            )
            answer.raise_for_status()
            if place >= WARM_UP:
                waits.append(time.perf_counter() - began)
    return Figure(
        what="orgsim, simple requests",
        value=f"{1 / median(waits):.0f} / s",
        how=f"one client over https, {READS} SOQL queries one by one, from the median",
    )
