"""Finding Cases by their keys in a running org, with the optional field and without."""

from datetime import UTC, datetime, timedelta

import pytest

from switchhook.adapters.salesforce.queries import RecordQueries
from switchhook.adapters.salesforce.write import RecordWrites
from switchhook.domain.crm import NewRecord, OrgRules
from switchhook.domain.errors import Permanent
from switchhook.domain.writing.slots import keyed

pytestmark = [pytest.mark.org, pytest.mark.rule("SH-1", "SH-7")]

KEY = "sh1:abcdefghijklmnopqrstuvwxyz"
OTHER = "sh1:zyxwvutsrqponmlkjihgfedcba"
SPAN = (datetime(2020, 1, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(days=1))


@pytest.fixture
def cases(org):
    return RecordQueries(org.rest)


def made(org, grant, **fields):
    contact = NewRecord(ref="person1", object_type="Contact", fields={"LastName": "Byron"})
    case = NewRecord(
        ref="case1",
        object_type="Case",
        fields={"Subject": "Chat", "ContactId": "@{person1.id}", **fields},
    )
    answer = RecordWrites(org.rest).send(grant, [contact, case], OrgRules())
    return tuple(result.id for result in answer.results)


def test_a_case_is_found_by_the_last_line_of_its_description(org, grant, cases):
    text = keyed("Channel: web_chat\nTranscript:\n  Hello", KEY)
    contact_id, case_id = made(org, grant, Description=text)
    made(org, grant, Description=f"{OTHER}\nis not the last line")

    page = cases.cases_created_between(grant, [KEY, OTHER], *SPAN)

    assert [(one.key, one.id, one.contact_id) for one in page.cases] == [(KEY, case_id, contact_id)]
    assert page.next_page is None


def test_cases_of_another_time_are_not_looked_at(org, grant, cases):
    made(org, grant, Description=keyed("x", KEY))
    since = datetime.now(UTC) + timedelta(hours=1)

    assert cases.cases_created_between(grant, [KEY], since, since + timedelta(hours=1)).cases == ()


def test_all_pages_lead_to_the_key_on_the_last(org, grant, cases):
    made(org, grant, Description=keyed("first", OTHER))
    org.load(*[("Case", {"Subject": f"{number}"}) for number in range(2_001)])
    made(org, grant, Description=keyed("last", KEY))

    found, page, pages = [], None, 0
    while True:
        answer = cases.cases_created_between(grant, [KEY], *SPAN, page=page)
        found += answer.cases
        page, pages = answer.next_page, pages + 1
        if page is None:
            break

    assert [one.key for one in found] == [KEY]
    assert pages > 1


def test_with_the_field_one_query_finds_it(org, grant, cases):
    org.settings(external_id_field=True)
    contact_id, case_id = made(org, grant, Switchhook_Key__c=KEY)

    assert [
        (one.key, one.id, one.contact_id) for one in cases.cases_with_keys(grant, [KEY, OTHER])
    ] == [(KEY, case_id, contact_id)]
    assert cases.cases_with_keys(grant, []) == ()


def test_without_the_field_the_question_is_refused(grant, cases):
    with pytest.raises(Permanent) as refused:
        cases.cases_with_keys(grant, [KEY])

    assert refused.value.code == "INVALID_FIELD"
