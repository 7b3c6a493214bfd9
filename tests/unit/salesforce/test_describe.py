"""What is kept of an object's describe."""

import pytest

from switchhook.adapters.salesforce.metadata import SalesforceMetadata
from switchhook.adapters.salesforce.session import Answer
from switchhook.domain.connection import Grant

GRANT = Grant(
    tenant="t-1",
    generation=1,
    access_token="x",
    instance_url="https://engines.my.salesforce.com",
    org_id="00D",
    user_id="005",
)


class OneDescribe:
    """Answers every request with one object's describe."""

    def __init__(self, *fields):
        self._body = {"name": "Contact", "createable": True, "fields": fields}

    def get(self, _grant, _path, **_more):
        return Answer(body=self._body, usage=None)


def a_field(name, type_, **about):
    return {"name": name, "type": type_, "unique": False, "calculated": False, **about}


@pytest.mark.rule("CX-21")
def test_fields_of_text_that_a_search_looks_into_are_known():
    rest = OneDescribe(
        a_field("Phone", "phone"),
        a_field("Email", "email"),
        a_field("Ref__c", "string"),
        a_field("Formula__c", "string", calculated=True),
        a_field("Count__c", "double"),
        a_field("Notes__c", "textarea"),
    )

    contact = SalesforceMetadata(rest).describe(GRANT, "Contact")

    assert contact.text_fields == ("Phone", "Email", "Ref__c")
    assert contact.phone_fields == ("Phone",)
