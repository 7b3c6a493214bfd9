"""Functions log, alarms ring and both can be looked up."""

import re
import subprocess
import sys

import pytest

from local import template as templates
from local.aws import REGION
from local.paths import ROOT

TEMPLATE = templates.read(ROOT / "template.yaml")
RESOURCES = TEMPLATE["Resources"]
FUNCTIONS = {
    name: r["Properties"]
    for name, r in RESOURCES.items()
    if r["Type"] == "AWS::Serverless::Function"
}
ALARMS = {
    name: r["Properties"] for name, r in RESOURCES.items() if r["Type"] == "AWS::CloudWatch::Alarm"
}
LOG_GROUPS = {
    name: r["Properties"] for name, r in RESOURCES.items() if r["Type"] == "AWS::Logs::LogGroup"
}
#: Stands for whatever a variable refers to; a handler may read a secret while it starts.
ANY_RESOURCE = "any-resource"
#: Read by Powertools itself, not by our code.
POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "LOG_LEVEL"}


def environment(function):
    every = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    return {**every, **FUNCTIONS[function]["Environment"]["Variables"]}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_its_log_group_time_out_and_folder(function):
    """What a function prints is kept as long as the operator said, and no longer."""
    properties = FUNCTIONS[function]

    log_group = properties["LoggingConfig"]["LogGroup"]["Ref"]
    assert LOG_GROUPS[log_group] == {"RetentionInDays": {"Ref": "LogRetentionDays"}}
    assert properties["Timeout"]
    assert (ROOT / properties["CodeUri"] / "handler.py").is_file()


def test_every_log_group_ends():
    """Logs are kept for a time, not for ever."""
    assert {str(group) for group in LOG_GROUPS.values()} == {
        str({"RetentionInDays": {"Ref": "LogRetentionDays"}})
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_functions_service_name_is_its_folder(function):
    """Logs and metrics are found under one name."""
    folder = FUNCTIONS[function]["CodeUri"].removeprefix("functions/").rstrip("/")

    assert environment(function)["POWERTOOLS_SERVICE_NAME"] == folder


def test_every_variable_is_read_by_somebody():
    """A variable that nobody reads is a rename that was half done."""
    sources = [
        *(ROOT / "layers/switchhook/switchhook").rglob("*.py"),
        *(ROOT / "functions").rglob("*.py"),
    ]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    given = {name for function in FUNCTIONS for name in environment(function)} - POWERTOOLS

    unread = {name for name in given if not re.search(rf"[\"']{name}[\"']", code)}

    assert unread == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_starts_with_what_the_template_gives_it(function, aws):
    """A variable that the code wants and the template forgot is found before any deployment."""
    defaults = templates.parameter_defaults(TEMPLATE)
    aws.client("secretsmanager").create_secret(Name=ANY_RESOURCE, SecretString="{}")
    given = {
        name: defaults.get(value.get("Ref"), ANY_RESOURCE) if isinstance(value, dict) else value
        for name, value in environment(function).items()
    }
    lambda_gives = {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": aws.account,
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL": aws.endpoint,
        "PYTHONPATH": str(ROOT / "layers" / "switchhook"),
    }

    done = subprocess.run(
        [sys.executable, "-c", "import handler"],
        cwd=ROOT / FUNCTIONS[function]["CodeUri"],
        env={**lambda_gives, **given},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_rings_somewhere_and_is_explained(alarm):
    """Whoever is woken finds a paragraph that says what to do."""
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")

    assert ALARMS[alarm]["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    assert ALARMS[alarm]["TreatMissingData"] == "notBreaching"
    assert f"Runbook, {alarm}." in ALARMS[alarm]["AlarmDescription"]
    assert re.search(rf"^## {alarm}\n\S.{{80}}", runbook, flags=re.MULTILINE)


def test_the_alarms_reach_an_encrypted_topic():
    """CloudWatch may use the key, or the alarm would be lost in silence."""
    services = [
        s["Principal"]["Service"]
        for s in RESOURCES["DataKey"]["Properties"]["KeyPolicy"]["Statement"]
        if "Service" in s["Principal"]
    ]

    assert RESOURCES["AlarmTopic"]["Properties"]["KmsMasterKeyId"] == {
        "Fn::GetAtt": ["DataKey", "Arn"]
    }
    assert services == ["cloudwatch.amazonaws.com"]


def test_a_hook_is_never_throttled_at_the_gate():
    """A refused event is a lost event; a flood is slowed behind the queue."""
    settings = RESOURCES["Api"]["Properties"]["DefaultRouteSettings"]

    assert not {"ThrottlingBurstLimit", "ThrottlingRateLimit"} & set(settings)


def test_the_access_log_names_no_address_of_a_hook():
    """Whoever knows the address of a hook without a signature may post to it."""
    line = RESOURCES["Api"]["Properties"]["AccessLogSettings"]["Format"]

    assert "$context.routeKey" in line
    assert not re.search(r"\$context\.(path|identity|http)", line)


def test_the_worker_reports_each_message_of_a_batch():
    """One bad event must not send its neighbours around again."""
    source = FUNCTIONS["ActivityWorkerFunction"]["Events"]["ActivityQueue"]["Properties"]

    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["BatchSize"] == 5
    assert source["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "WorkerMaximumConcurrency"}}


@pytest.mark.parametrize(
    ("function", "routes"),
    [
        pytest.param("OauthCallbackFunction", {"GET /oauth/salesforce/start", "POST /oauth/salesforce/start", "GET /oauth/salesforce/callback"}, id="oauth"),
        pytest.param("CallEndedFunction", {"POST /hooks/{hook_id}/call-ended"}, id="hooks"),
        pytest.param("ChatEndedFunction", {"POST /hooks/{hook_id}/chat-ended", "HEAD /hooks/{hook_id}/chat-ended"}, id="chat_hooks"),
        pytest.param("OperatorApiFunction", {"ANY /v1/{proxy+}", "GET /openapi.json"}, id="api"),
    ],
)  # fmt: skip
def test_a_function_answers_its_routes(function, routes):
    """The routes are the public contract."""
    events = [
        e["Properties"] for e in FUNCTIONS[function]["Events"].values() if e["Type"] == "HttpApi"
    ]

    assert {f"{e['Method']} {e['Path']}" for e in events} == routes


def test_the_operator_decides_on_a_second_tenant_of_an_org():
    """The function that connects is told; nobody has to decide before deploying."""
    told = environment("OauthCallbackFunction")

    assert told["SECOND_TENANT_OF_ORG"] == {"Ref": "SecondTenantOfOrg"}
    assert told["OPERATOR_NAME"] == {"Ref": "OperatorName"}
    assert TEMPLATE["Parameters"]["SecondTenantOfOrg"]["AllowedValues"] == ["refuse", "warn"]
    assert TEMPLATE["Parameters"]["SecondTenantOfOrg"]["Default"] == "warn"
