"""Everything that is stored is encrypted with the one key, bounded in time where it may be, and hard to lose."""

import pytest

from local import template as templates
from local.paths import ROOT

RESOURCES = templates.read(ROOT / "template.yaml")["Resources"]
KEY = {"Fn::GetAtt": ["DataKey", "Arn"]}
TABLES = [name for name, r in RESOURCES.items() if r["Type"] == "AWS::DynamoDB::Table"]
QUEUES = [name for name, r in RESOURCES.items() if r["Type"] == "AWS::SQS::Queue"]
SECRETS = [name for name, r in RESOURCES.items() if r["Type"] == "AWS::SecretsManager::Secret"]
WORKER_TIMEOUT_FACTOR = 6


def properties(name):
    return RESOURCES[name]["Properties"]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_encrypted_protected_and_expires_by_the_same_attribute(name):
    """One key, point-in-time recovery, no deletion by accident, `expires_at` for all."""
    table = properties(name)

    assert table["SSESpecification"] == {
        "SSEEnabled": True,
        "SSEType": "KMS",
        "KMSMasterKeyId": KEY,
    }
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] is True
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


@pytest.mark.parametrize("name", [*TABLES, "DataKey", "PayloadBucket"])
def test_what_cannot_be_made_again_outlives_the_stack(name):
    """Deleting or replacing a stack must not delete a ledger, nor the key it is readable with."""
    assert RESOURCES[name]["DeletionPolicy"] == "Retain"
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize(
    ("table", "index", "keys", "projection"),
    [
        pytest.param("TenantTable", "listing", ["listing", "listed_at"], "ALL", id="all_tenants"),
        pytest.param("ActivityTable", "due", ["due_shard", "due_at"], "KEYS_ONLY", id="what_is_due"),
        pytest.param("ActivityTable", "by_time", ["tenant", "listed_at"], "ALL", id="by_time"),
        pytest.param("ActivityTable", "by_state", ["tenant_state", "listed_at"], "ALL", id="by_state"),
        pytest.param("ActivityTable", "by_party", ["tenant_party", "listed_at"], "ALL", id="by_party"),
    ],
)  # fmt: skip
def test_an_index_answers_its_question(table, index, keys, projection):
    """The questions stand in docs/access-patterns.md."""
    found = {i["IndexName"]: i for i in properties(table)["GlobalSecondaryIndexes"]}[index]

    assert [key["AttributeName"] for key in found["KeySchema"]] == keys
    assert found["Projection"] == {"ProjectionType": projection}


def test_due_times_are_numbers():
    """The caretaker compares them with the time of day."""
    types = {
        a["AttributeName"]: a["AttributeType"]
        for a in properties("ActivityTable")["AttributeDefinitions"]
    }

    assert types.pop("due_at") == "N"
    assert set(types.values()) == {"S"}


@pytest.mark.parametrize("name", QUEUES)
def test_a_queue_is_encrypted(name):
    """Messages carry what people said and who they are."""
    assert properties(name)["KmsMasterKeyId"] == KEY


def test_every_queue_but_the_last_has_a_dead_letter_queue():
    """A message that cannot be taken in must not circle for ever."""
    dead_letter_queues = {
        properties(name)["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for name in QUEUES
        if "RedrivePolicy" in properties(name)
    }
    without = {name for name in QUEUES if "RedrivePolicy" not in properties(name)}

    assert without == dead_letter_queues == {"ActivityDeadLetterQueue", "JobDeadLetterQueue"}
    assert [
        properties(name)["RedrivePolicy"]["maxReceiveCount"] for name in set(QUEUES) - without
    ] == [5, 5]
    assert {properties(name)["MessageRetentionPeriod"] for name in without} == {14 * 24 * 3600}


def test_a_message_stays_hidden_for_six_time_outs_of_the_worker(template):
    """Lambda's poller may hold a batch that long before the function sees it."""
    defaults = templates.parameter_defaults(template)

    assert properties("ActivityQueue")["VisibilityTimeout"] == {"Ref": "QueueVisibilitySeconds"}
    expected_s = WORKER_TIMEOUT_FACTOR * int(defaults["WorkerTimeoutSeconds"])
    assert int(defaults["QueueVisibilitySeconds"]) == expected_s


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_encrypted_with_our_key(name):
    """So that reading it needs the key as well."""
    assert properties(name)["KmsKeyId"] == KEY


def test_the_bucket_is_private_encrypted_and_forgets():
    """Large payloads live 30 days."""
    bucket = properties("PayloadBucket")

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": KEY,
    }
    (expiry,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (expiry["Status"], expiry["ExpirationInDays"]) == ("Enabled", 30)


def test_the_bucket_speaks_tls_only():
    """Everything else is denied to everybody."""
    (statement,) = properties("PayloadBucketPolicy")["PolicyDocument"]["Statement"]

    assert (statement["Effect"], statement["Principal"], statement["Action"]) == (
        "Deny",
        "*",
        "s3:*",
    )
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(statement["Resource"]) == 2


def test_the_key_rotates():
    """Once a year, by KMS."""
    assert properties("DataKey")["EnableKeyRotation"] is True


def test_nothing_that_holds_data_has_a_physical_name(resources):
    """A named resource can neither be replaced nor deployed twice in an account."""
    names = {
        "TableName",
        "QueueName",
        "BucketName",
        "FunctionName",
        "LogGroupName",
        "TopicName",
        "AlarmName",
        "RoleName",
        "Name",
    }

    named = [name for name, r in resources.items() if names & set(r.get("Properties", {}))]

    assert named == []


def test_production_cannot_be_pointed_at_another_salesforce(template):
    """The one host beside Salesforce's own exists for the local cloud."""
    rule = template["Rules"]["ProductionTalksToSalesforceOnly"]

    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Equals": [{"Ref": "LocalSalesforceHost"}, ""]}


@pytest.mark.rule("SH-1")
def test_production_never_believes_not_found_before_salesforce_could_no_longer_commit(template):
    """A shorter write horizon would let an unanswered write be sent again too early."""
    rule = template["Rules"]["ProductionWaitsAsLongAsSalesforceMayCommit"]
    horizon = template["Parameters"]["WriteHorizonSeconds"]

    (assertion,) = rule["Assertions"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}
    assert assertion["Assert"] == {"Fn::Equals": [{"Ref": "WriteHorizonSeconds"}, "600"]}
    assert horizon["Default"] == 600
