"""Policies on keys and encryption contexts decide locally as they do on AWS."""

import json

import pytest

from local.emulation import iam_context

PARTITION_KEYS = {("things", None): "pk", ("things", "by_owner"): "owner"}


def leading_keys(request):
    keys = iam_context.dynamodb_keys(
        json.dumps(request).encode(), lambda table, index: PARTITION_KEYS.get((table, index))
    )
    return keys.get("dynamodb:LeadingKeys")


KEY = {"pk": {"S": "A#1"}, "sk": {"S": "x"}}
OTHER_KEY = {"pk": {"S": "B#2"}, "sk": {"S": "x"}}
QUERY = {
    "TableName": "things",
    "KeyConditionExpression": "#p = :p AND begins_with(sk, :s)",
    "ExpressionAttributeNames": {"#p": "pk"},
    "ExpressionAttributeValues": {":p": {"S": "A#1"}, ":s": {"S": "x"}},
}


@pytest.mark.parametrize(
    ("request_body", "expected"),
    [
        pytest.param({"TableName": "things", "Key": KEY}, ["A#1"], id="a_read_names_its_key"),
        pytest.param({"TableName": "things", "Item": KEY}, ["A#1"], id="a_write_names_its_item"),
        pytest.param(QUERY, ["A#1"], id="a_query_names_the_partition"),
        pytest.param(
            {
                "TableName": "things",
                "IndexName": "by_owner",
                "KeyConditionExpression": "owner = :o",
                "ExpressionAttributeValues": {":o": {"S": "ada"}},
            },
            ["ada"],
            id="an_index_has_a_partition_of_its_own",
        ),
        pytest.param(
            {
                "TransactItems": [
                    {"Put": {"TableName": "things", "Item": KEY}},
                    {"ConditionCheck": {"TableName": "things", "Key": OTHER_KEY}},
                ]
            },
            ["A#1", "B#2"],
            id="a_transaction_names_every_item",
        ),
        pytest.param(
            {"RequestItems": {"things": {"Keys": [KEY, OTHER_KEY]}}},
            ["A#1", "B#2"],
            id="a_batch_read_names_every_key",
        ),
        pytest.param(
            {"RequestItems": {"things": [{"PutRequest": {"Item": KEY}}, {"DeleteRequest": {"Key": OTHER_KEY}}]}},
            ["A#1", "B#2"],
            id="a_batch_write_names_every_item",
        ),
        pytest.param({"TableName": "things"}, None, id="a_scan_names_none"),
        pytest.param({"TableName": "unknown", "Key": KEY}, None, id="an_unknown_table_names_none"),
        pytest.param([], None, id="no_request_names_none"),
    ],
)  # fmt: skip
def test_leading_keys_are_those_of_every_item(request_body, expected):
    """One forgotten item would slip past a policy."""
    assert leading_keys(request_body) == expected


def test_a_body_that_is_no_json_has_no_keys():
    """Some services send forms."""
    assert iam_context.dynamodb_keys(b"\xff", lambda *_: "pk") == {}


@pytest.mark.parametrize(
    ("request_body", "expected"),
    [
        pytest.param(
            {"EncryptionContext": {"tenant": "t", "purpose": "hook"}},
            {
                "kms:EncryptionContext:tenant": "t",
                "kms:EncryptionContext:purpose": "hook",
                "kms:EncryptionContextKeys": ["tenant", "purpose"],
            },
            id="each_pair_is_a_key",
        ),
        pytest.param({"EncryptionContext": {}}, {}, id="an_empty_context_sets_none"),
        pytest.param({"KeyId": "k"}, {}, id="no_context_sets_none"),
    ],
)
def test_an_encryption_context_can_be_a_condition(request_body, expected):
    """So a role may be bound to one purpose."""
    assert iam_context.kms_keys(json.dumps(request_body).encode()) == expected
