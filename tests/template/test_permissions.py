"""Each function may do what it needs and nothing else."""

import re

import pytest

from local import template as templates
from local.paths import ROOT

RESOURCES = templates.read(ROOT / "template.yaml")["Resources"]
FUNCTIONS = {
    name: r["Properties"]
    for name, r in RESOURCES.items()
    if r["Type"] == "AWS::Serverless::Function"
}
#: Actions without resources of their own, by AWS's service authorization reference.
WITHOUT_RESOURCES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


def role_of(function):
    return FUNCTIONS[function]["Role"]["Fn::GetAtt"][0]


def statements(function):
    (policy,) = RESOURCES[role_of(function)]["Properties"]["Policies"]
    return policy["PolicyDocument"]["Statement"]


def as_list(value):
    return value if isinstance(value, list) else [value]


def actions(function):
    return {action for s in statements(function) for action in as_list(s["Action"])}


def resource_names(statement):
    """The logical ids that a statement is about."""
    found = set()
    for resource in as_list(statement["Resource"]):
        text = str(resource)
        found |= {name for name in RESOURCES if re.search(rf"\b{name}\b", text)}
    return found


def key_actions_through(function, service):
    """What a function may do with the key when the service asks in its name."""
    found = set()
    for statement in statements(function):
        services = str(
            statement.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService", "")
        )
        if f"{service}.${{AWS::Region}}" in services:
            found |= set(as_list(statement["Action"]))
    return found


def purposes(function, action):
    """The purposes for which a function may use the key directly."""
    found = set()
    for statement in statements(function):
        condition = statement.get("Condition", {}).get("StringEquals", {})
        if action in as_list(statement["Action"]) and "kms:EncryptionContext:purpose" in condition:
            found |= set(condition["kms:EncryptionContext:purpose"])
    return found


def test_every_function_has_a_role_of_its_own():
    """A shared role is the sum of all needs."""
    roles = [role_of(name) for name in FUNCTIONS]

    assert sorted(set(roles)) == sorted(roles)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_action_is_a_wildcard_and_nothing_is_scanned(function):
    """Reading a whole table is never an access pattern."""
    assert [a for a in actions(function) if "*" in a] == []
    assert "dynamodb:Scan" not in actions(function)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_resource_is_named_unless_aws_knows_none(function):
    """A star stands only where the action has no resource."""
    for statement in statements(function):
        if "*" in as_list(statement["Resource"]):
            assert set(as_list(statement["Action"])) <= WITHOUT_RESOURCES


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_key_is_never_used_without_a_condition(function):
    """Either a store asks for us, or the purpose is named."""
    for statement in statements(function):
        if any(a.startswith("kms:") for a in as_list(statement["Action"])):
            condition = statement["Condition"]["StringEquals"]
            assert {"kms:ViaService", "kms:EncryptionContext:purpose"} & set(condition)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_whoever_uses_an_encrypted_store_may_use_its_key(function):
    """The emulator does not check this; AWS refuses the call without it."""
    allowed = actions(function)
    needs = [
        ("dynamodb:GetItem", "dynamodb", {"kms:Decrypt"}),
        ("dynamodb:PutItem", "dynamodb", {"kms:Decrypt"}),
        ("sqs:SendMessage", "sqs", {"kms:Decrypt", "kms:GenerateDataKey"}),
        ("sqs:ReceiveMessage", "sqs", {"kms:Decrypt"}),
        ("s3:PutObject", "s3", {"kms:GenerateDataKey"}),
        ("s3:GetObject", "s3", {"kms:Decrypt"}),
        ("secretsmanager:GetSecretValue", "secretsmanager", {"kms:Decrypt"}),
    ]

    for action, service, key_actions in needs:
        if action in allowed:
            assert key_actions <= key_actions_through(function, service), (action, service)


@pytest.mark.parametrize("function", ["CallEndedFunction", "ChatEndedFunction"])
def test_the_ingress_reads_hooks_and_nothing_else(function):
    """It faces the world: no query, no write, no other item of the table."""
    reads = [s for s in statements(function) if resource_names(s) == {"TenantTable"}]

    assert [as_list(s["Action"]) for s in reads] == [["dynamodb:GetItem"]]
    assert reads[0]["Condition"] == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["HOOK#*"]}
    }
    assert {a for a in actions(function) if a.startswith("dynamodb:")} == {"dynamodb:GetItem"}


@pytest.mark.parametrize(
    ("function", "action", "expected"),
    [
        pytest.param("CallEndedFunction", "kms:Decrypt", {"hook"}, id="ingress_reads_hook_secrets"),
        pytest.param("CallEndedFunction", "kms:Encrypt", set(), id="ingress_encrypts_nothing"),
        pytest.param("ChatEndedFunction", "kms:Decrypt", {"hook"}, id="chat_ingress_reads_hook_secrets"),
        pytest.param("ChatEndedFunction", "kms:Encrypt", set(), id="chat_ingress_encrypts_nothing"),
        pytest.param("ActivityWorkerFunction", "kms:Decrypt", {"access_token", "refresh_token"}, id="worker_uses_tokens"),
        pytest.param("CaretakerFunction", "kms:Decrypt", set(), id="caretaker_opens_no_token"),
        pytest.param("OauthCallbackFunction", "kms:Decrypt", {"pkce", "access_token", "refresh_token"}, id="callback_makes_grants"),
    ],
)  # fmt: skip
def test_the_key_serves_only_the_purposes_of_a_function(function, action, expected):
    """A stolen role of one function opens no ciphertext of another."""
    assert purposes(function, action) == expected


@pytest.mark.parametrize(
    ("secret", "readers"),
    [
        pytest.param("OperatorKeySecret", {"OperatorApiFunction"}, id="operator_key"),
        pytest.param("SalesforceAppSecret", {"OauthCallbackFunction", "ActivityWorkerFunction", "JobRunnerFunction", "OperatorApiFunction"}, id="salesforce_app"),
    ],
)  # fmt: skip
def test_a_secret_is_read_by_those_who_need_it(secret, readers):
    """The ingress reads none."""
    found = {
        function
        for function in FUNCTIONS
        for s in statements(function)
        if "secretsmanager:GetSecretValue" in as_list(s["Action"]) and secret in resource_names(s)
    }

    assert found == readers


def test_only_the_caretaker_empties_the_dead_letter_queue():
    """What lies there is written into the ledger first."""
    consumers = {
        function
        for function in FUNCTIONS
        for s in statements(function)
        if "sqs:ReceiveMessage" in as_list(s["Action"])
        and "ActivityDeadLetterQueue" in resource_names(s)
    }

    assert consumers == {"CaretakerFunction"}


def test_the_caretaker_touches_what_is_due_and_nothing_of_a_tenant_or_an_org():
    """It enqueues; whoever is asked, and with which token, is the worker's."""
    reads = {
        name
        for s in statements("CaretakerFunction")
        for name in resource_names(s)
        if any(a.startswith(("dynamodb:", "secretsmanager:")) for a in as_list(s["Action"]))
    }
    given = FUNCTIONS["CaretakerFunction"]["Environment"]["Variables"]

    assert reads == {"ActivityTable", "SessionKeySecret"}
    assert {"SALESFORCE_APP_SECRET", "SALESFORCE_LOGIN_URL", "KMS_KEY_ID"}.isdisjoint(given)


def test_the_key_policy_names_no_role():
    """A role that names the key and a key that names the role cannot be made."""
    text = str(RESOURCES["DataKey"]["Properties"]["KeyPolicy"])

    assert [role for role in map(role_of, FUNCTIONS) if role in text] == []


TENANTS_APPS = ":secret:${AWS::StackName}/apps/*"


@pytest.mark.rule("CX-2")
@pytest.mark.parametrize(
    ("action", "expected"),
    [
        pytest.param("CreateSecret", {"OperatorApiFunction"}, id="the_api_makes_them"),
        pytest.param("PutSecretValue", {"OperatorApiFunction"}, id="the_api_changes_them"),
        pytest.param("DeleteSecret", {"OperatorApiFunction", "OauthCallbackFunction"}, id="they_end_with_the_grant"),
    ],
)  # fmt: skip
def test_only_secrets_of_tenants_apps_are_changed(action, expected):
    """No function may change a secret of the deployment itself."""
    found = {
        function: [str(each) for each in as_list(s["Resource"])]
        for function in FUNCTIONS
        for s in statements(function)
        if f"secretsmanager:{action}" in as_list(s["Action"])
    }

    assert set(found) == expected
    assert all(len(names) == 1 and TENANTS_APPS in names[0] for names in found.values())


@pytest.mark.rule("CX-2")
def test_whoever_uses_the_deployments_app_may_use_tenants_own():
    """A grant is refreshed with the app that it was made with."""
    reads = [
        (function, [str(each) for each in as_list(s["Resource"])])
        for function in FUNCTIONS
        for s in statements(function)
        if "secretsmanager:GetSecretValue" in as_list(s["Action"])
    ]

    assert {f for f, names in reads if any(TENANTS_APPS in name for name in names)} == {
        f for f, names in reads if any("SalesforceAppSecret" in name for name in names)
    }


@pytest.mark.rule("SH-8")
def test_the_way_to_salesforce_reaches_no_key_and_no_hook():
    """Its function faces the world: it lists nothing, and finds tenants, tickets, states and orgs only."""
    about = [s for s in statements("OauthCallbackFunction") if "TenantTable" in resource_names(s)]

    assert [s["Condition"] for s in about] == [
        {
            "ForAllValues:StringLike": {
                "dynamodb:LeadingKeys": ["T#*", "TICKET#*", "STATE#*", "ORG#*"]
            }
        }
    ]
    assert "dynamodb:Query" not in actions("OauthCallbackFunction")
    assert [
        sorted(as_list(s["Action"]))
        for s in statements("OauthCallbackFunction")
        if "ActivityTable" in resource_names(s)
    ] == [["dynamodb:PutItem", "dynamodb:UpdateItem"]]


def test_the_way_to_salesforce_reads_no_secret_but_apps():
    """Nor the operator's key, nor that of the hashes."""
    read = {
        name
        for s in statements("OauthCallbackFunction")
        if "secretsmanager:GetSecretValue" in as_list(s["Action"])
        for name in resource_names(s)
    }

    assert read == {"SalesforceAppSecret"}
