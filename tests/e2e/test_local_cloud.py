"""The local cloud behaves like AWS where the difference would hurt: routes, cookies, errors, permissions, queues."""

import json
import subprocess
import time
from pathlib import Path

import pytest
import requests

from local import aws as local_aws
from local.build import prepare_environments
from local.deploy import Target, deploy
from local.emulator_process import await_emulator, endpoint, start_emulator
from local.paths import EMULATOR_PYTHON, ROOT, home_in
from local.processes import free_port, stop

SMALL_CLOUD = Path(__file__).parent / "small_cloud"
CA_FILE = "/some/ca.pem"
PATIENCE_S = 30
ANSWER_LIMIT_S = 30


class SmallCloud:
    """An emulator with the small stack deployed, permissions enforced."""

    def __init__(self, folder):
        self.home = home_in(folder)
        self.api_port, self.aws_port = free_port(), free_port()
        self.base = f"http://localhost:{self.api_port}"
        self.clients = local_aws.clients(endpoint(self.aws_port))

    def start(self):
        self.process = start_emulator(
            self.home, aws_port=self.aws_port, api_port=self.api_port, enforce_iam=True
        )
        await_emulator(self.home, self.aws_port, self.process)

    def deploy(self, **parameters):
        target = Target(
            clients=self.clients,
            stack="small",
            layers=self.home.layers,
            parameters=parameters,
            environment={"REQUESTS_CA_BUNDLE": CA_FILE},
        )
        self.deployment = deploy(SMALL_CLOUD, target)
        return self.deployment

    def stop(self):
        stop(self.process, within_s=20)

    def try_to(self, attempt):
        return requests.post(f"{self.base}/try", json={"attempt": attempt}, timeout=ANSWER_LIMIT_S)

    def send(self, key, *, fails):
        self.clients("sqs").send_message(
            QueueUrl=self.deployment.resources["Work"],
            MessageBody=json.dumps({"key": key, "fails": fails}),
        )

    def stored(self, key):
        found = self.clients("dynamodb").get_item(
            TableName=self.deployment.resources["Things"], Key={"pk": {"S": key}}
        )
        return found.get("Item")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    prepare_environments(lambda _: None)
    small = SmallCloud(tmp_path_factory.mktemp("small"))
    small.start()
    small.deploy()
    yield small
    small.stop()


def wait_for(read):
    deadline = time.monotonic() + PATIENCE_S
    while (found := read()) is None:
        assert time.monotonic() < deadline, "nothing arrived"
        time.sleep(0.05)
    return found


def test_a_route_hands_over_what_the_client_sent(cloud):
    """Path, query, cookies and host arrive as payload format 2.0 has them."""
    answer = requests.put(
        f"{cloud.base}/echo/ada?x=1&x=2&y=%20z",
        headers={"cookie": "s=1; t=2", "x-mark": "m"},
        data="text",
        timeout=ANSWER_LIMIT_S,
    )

    event = answer.json()
    assert event["routeKey"] == "ANY /echo/{name}"
    assert event["pathParameters"] == {"name": "ada"}
    assert event["queryStringParameters"] == {"x": "1,2", "y": " z"}
    assert event["cookies"] == ["s=1", "t=2"]
    assert event["headers"]["host"] == f"localhost:{cloud.api_port}"
    assert event["headers"]["x-forwarded-port"] == str(cloud.api_port)
    assert event["headers"]["x-mark"] == "m"
    assert event["requestContext"]["domainName"] == f"localhost:{cloud.api_port}"
    assert event["requestContext"]["http"]["method"] == "PUT"


def test_each_cookie_of_an_answer_is_a_header_of_its_own(cloud):
    """A browser keeps both."""
    answer = requests.get(f"{cloud.base}/echo/ada", timeout=ANSWER_LIMIT_S)

    assert answer.raw.headers.getlist("set-cookie") == ["a=1; HttpOnly", "b=2"]


def test_a_preflight_reaches_the_function(cloud):
    """Without a CORS configuration the gateway treats OPTIONS as any method."""
    answer = requests.options(f"{cloud.base}/echo/ada", timeout=ANSWER_LIMIT_S)

    assert answer.json()["requestContext"]["http"]["method"] == "OPTIONS"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/nowhere", 404, id="an_unknown_path"),
        pytest.param("/try", 404, id="another_method_of_a_known_path"),
    ],
)
def test_what_has_no_route_is_not_found(cloud, path, status):
    """The gateway answers, no function runs."""
    answer = requests.get(f"{cloud.base}{path}", timeout=ANSWER_LIMIT_S)

    assert (answer.status_code, answer.json()) == (status, {"message": "Not Found"})


@pytest.mark.parametrize("attempt", ["crash", "bad_status", "huge_answer"])
def test_a_failed_function_answers_500_without_a_trace(cloud, attempt):
    """What happened stands in the log only."""
    answer = cloud.try_to(attempt)

    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})


def test_more_than_6_mb_is_refused(cloud):
    """Lambda takes no larger event."""
    answer = requests.post(
        f"{cloud.base}/try", data="x" * (7 * 1024 * 1024), timeout=ANSWER_LIMIT_S
    )

    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("attempt", "outcome"),
    [
        pytest.param("get_open", "allowed", id="a_key_within_the_leading_keys"),
        pytest.param("get_closed", "AccessDeniedException", id="a_key_outside_the_leading_keys"),
        pytest.param("query_open", "allowed", id="a_partition_within_the_leading_keys"),
        pytest.param("query_closed", "AccessDeniedException", id="a_partition_outside_the_leading_keys"),
        pytest.param("put", "AccessDeniedException", id="an_action_that_nobody_granted"),
        pytest.param("encrypt_own_purpose", "allowed", id="the_encryption_context_of_the_grant"),
        pytest.param("encrypt_other_purpose", "AccessDeniedException", id="another_encryption_context"),
        pytest.param("send_plain_group", "allowed", id="a_message_with_a_group"),
        pytest.param("send_bad_group", "InvalidParameterValue", id="a_group_with_a_blank"),
        pytest.param("put_object", "allowed", id="a_bucket_that_wants_tls"),
        pytest.param("list_buckets", "AccessDenied", id="a_list_that_nobody_granted"),
        pytest.param("read_secret", "allowed", id="a_secret_by_its_arn"),
    ],
)  # fmt: skip
def test_a_function_may_do_what_its_role_says(cloud, attempt, outcome):
    """Least privilege is tested by every local run."""
    assert cloud.try_to(attempt).json() == {"outcome": outcome}


def test_a_function_sees_lambdas_environment_and_nothing_of_the_emulators(cloud):
    """What works here only because of a leaked variable would fail on AWS."""
    seen = cloud.try_to("environment").json()

    assert seen["ca_bundle"] == CA_FILE
    assert seen["greeting"] == "hello"
    assert seen["leaked"] == []
    assert 0 < seen["remaining_ms"] <= 10_000


def test_only_the_failed_messages_of_a_batch_come_again(cloud):
    """A neighbour of a bad message is delivered once; the bad one ends in the dead-letter queue."""
    cloud.send("good", fails=False)
    cloud.send("bad", fails=True)

    good = wait_for(lambda: cloud.stored("good"))
    sqs = cloud.clients("sqs")
    dead = wait_for(
        lambda: sqs.receive_message(QueueUrl=cloud.deployment.resources["DeadWork"]).get("Messages")
    )
    assert good["received"] == {"N": "1"}
    assert [json.loads(message["Body"])["key"] for message in dead] == ["bad"]
    assert cloud.stored("bad") is None


def test_items_expire_by_the_attribute_of_the_template(cloud):
    """CloudFormation's setting reaches the table."""
    found = cloud.clients("dynamodb").describe_time_to_live(
        TableName=cloud.deployment.resources["Things"]
    )

    assert found["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": "expires_at",
    }


def test_what_is_stored_outlives_a_restart_and_a_deployment(tmp_path):
    """`make down` and `make up` lose nothing, and a changed parameter reaches the functions."""
    prepare_environments(lambda _: None)
    small = SmallCloud(tmp_path)
    small.start()
    first = small.deploy()
    small.send("kept", fails=False)
    wait_for(lambda: small.stored("kept"))
    small.stop()

    small.start()
    second = small.deploy(Greeting="good day")

    try:
        assert first == second
        assert small.stored("kept") is not None
        assert small.try_to("environment").json()["greeting"] == "good day"
    finally:
        small.stop()


def test_another_emulator_than_the_pinned_one_is_refused():
    """A shim that half fits would fail later and elsewhere."""
    prepare_environments(lambda _: None)
    code = (
        "from local.emulation import shims\n"
        "shims.MINISTACK_VERSION = '0.0.1'\n"
        "shims.install_all()\n"
    )

    done = subprocess.run(
        [EMULATOR_PYTHON, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 1
    assert "the shims were proven with 0.0.1" in done.stderr
    assert "mend local/emulation/shims.py" in done.stderr
