"""What each function has to be deployed with, and how long it waits for those it asks."""

from types import SimpleNamespace

import pytest

from local import template as templates
from local.paths import ROOT
from switchhook.runtime.deployment import deployed
from switchhook.runtime.environment import (
    ACTIVITY_WORKER,
    API,
    CARETAKER,
    JOB_RUNNER,
    OAUTH_CALLBACK,
    Function,
)

FUNCTIONS = {
    "ActivityWorkerFunction": ACTIVITY_WORKER,
    "CaretakerFunction": CARETAKER,
    "JobRunnerFunction": JOB_RUNNER,
    "OauthCallbackFunction": OAUTH_CALLBACK,
    "OperatorApiFunction": API,
}
TIMES = {
    "WRITE_HORIZON_S": "600",
    "WORKER_TIMEOUT_S": "60",
    "FENCE_SLACK_S": "60",
    "CARETAKER_INTERVAL_S": "60",
    "SALESFORCE_CONNECT_TIMEOUT_S": "5",
    "SALESFORCE_READ_TIMEOUT_S": "25",
}
CLOCK = SimpleNamespace()


def environment(function: Function, **others: str) -> dict[str, str]:
    return {**dict.fromkeys(function.needs, "x"), **TIMES, **others}


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.mark.parametrize("logical_id", FUNCTIONS)
def test_the_template_gives_each_function_what_it_needs(logical_id):
    functions = templates.resources_of(
        templates.read(ROOT / "template.yaml"), "AWS::Serverless::Function"
    )
    given = functions[logical_id]["Properties"]["Environment"]["Variables"]

    assert set(FUNCTIONS[logical_id].needs) <= set(given)


@pytest.mark.parametrize(
    ("logical_id", "missing"),
    [(name, need) for name, function in FUNCTIONS.items() for need in function.needs],
)
def test_a_missing_variable_is_named_at_start(logical_id, missing):
    env = environment(FUNCTIONS[logical_id])
    del env[missing]

    with pytest.raises(KeyError, match=missing):
        deployed(FUNCTIONS[logical_id], env, CLOCK)


@pytest.mark.parametrize("logical_id", FUNCTIONS)
@pytest.mark.parametrize(
    ("name", "address"),
    [
        pytest.param("LOCAL_SALESFORCE_HOST", "localhost:8443", id="salesforce"),
        pytest.param("LOCAL_FILE_ORIGIN", "http://localhost:8000", id="files"),
    ],
)
def test_nothing_local_is_asked_in_production(logical_id, name, address):
    env = environment(FUNCTIONS[logical_id], **{name: address})

    assert deployed(FUNCTIONS[logical_id], env | {"STAGE": "dev"}, CLOCK) is not None
    with pytest.raises(ValueError, match=name):
        deployed(FUNCTIONS[logical_id], env | {"STAGE": "prod"}, CLOCK)


def test_a_local_salesforce_is_one_of_the_hosts_outside_production():
    env = environment(OAUTH_CALLBACK, LOCAL_SALESFORCE_HOST="localhost:8443", STAGE="dev")

    assert deployed(OAUTH_CALLBACK, env, CLOCK).hosts.local == "localhost:8443"


@pytest.mark.parametrize(
    ("function", "given_s", "waits_s"),
    [
        pytest.param(ACTIVITY_WORKER, ("5", "25"), (5, 25), id="the_worker_as_deployed"),
        pytest.param(OAUTH_CALLBACK, ("5", "25"), (5, 25), id="a_person_as_deployed"),
        pytest.param(API, ("5", "25"), (2, 8), id="a_caller_shorter"),
        pytest.param(API, ("1", "3"), (1, 3), id="a_caller_no_longer_than_deployed"),
    ],
)
def test_salesforce_is_waited_for_as_long_as_the_function_may(function, given_s, waits_s):
    connect_s, read_s = given_s
    env = environment(
        function, SALESFORCE_CONNECT_TIMEOUT_S=connect_s, SALESFORCE_READ_TIMEOUT_S=read_s
    )

    assert deployed(function, env, CLOCK).rest._session._timeout == waits_s


def test_whoever_waits_for_an_answer_gets_it_before_the_gateway_gives_up():
    deployment = deployed(API, environment(API), CLOCK)

    assert deployment.timing.send_needs_s < 20


@pytest.mark.parametrize(
    ("function", "read_s"),
    [
        pytest.param(ACTIVITY_WORKER, 4, id="worker"),
        pytest.param(CARETAKER, 4, id="caretaker"),
        pytest.param(JOB_RUNNER, 4, id="job_runner"),
        pytest.param(OAUTH_CALLBACK, 3, id="connecting"),
        pytest.param(API, 3, id="api"),
    ],
)
def test_aws_is_tried_three_times_with_short_timeouts(function, read_s):
    config = deployed(function, environment(function), CLOCK).due_dates._client.meta.config

    assert (config.connect_timeout, config.read_timeout) == (2, read_s)
    assert config.retries["total_max_attempts"] == 3


def test_each_adapter_is_made_once():
    deployment = deployed(API, environment(API), CLOCK)

    assert deployment.tenants is deployment.tenants
    assert deployment.own_apps.connections is deployment.connections
