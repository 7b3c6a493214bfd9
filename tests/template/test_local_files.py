"""Files of chats are fetched from the public internet only, but on a developer's machine."""

import pytest

from local import template as templates
from local.paths import ROOT
from switchhook.runtime.environment import Environment

TEMPLATE = templates.read(ROOT / "template.yaml")


@pytest.mark.rule("CX-56")
def test_production_cannot_be_given_an_origin_of_its_own():
    rule = TEMPLATE["Rules"]["ProductionFetchesFromThePublicInternetOnly"]

    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Equals": [{"Ref": "LocalFileOrigin"}, ""]}


@pytest.mark.parametrize("function", ["ActivityWorkerFunction", "JobRunnerFunction"])
def test_whoever_attaches_files_is_told_the_origin(function: str):
    variables = TEMPLATE["Resources"][function]["Properties"]["Environment"]["Variables"]

    assert variables["LOCAL_FILE_ORIGIN"] == {"Ref": "LocalFileOrigin"}


@pytest.mark.rule("CX-56")
def test_a_function_in_production_refuses_an_origin_of_its_own():
    told = {"LOCAL_FILE_ORIGIN": "https://localhost:8443"}

    with pytest.raises(ValueError, match="LOCAL_FILE_ORIGIN"):
        Environment.from_env({**told, "STAGE": "prod"}, names=())
    read = Environment.from_env({**told, "STAGE": "dev"}, names=())
    assert read.local_file_origin == "https://localhost:8443"
