import ssl

import pytest
import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)

from switchhook.adapters.salesforce.errors import (
    PRECONDITION_FAILED,
    network_failure,
    refusal,
    unreadable,
)
from switchhook.domain.errors import (
    BudgetSpent,
    NotDelivered,
    OutcomeUnknown,
    Permanent,
    Retryable,
    SessionExpired,
)

pytestmark = pytest.mark.rule("SH-1")


def entry(code, message="words"):
    return [{"errorCode": code, "message": message}]


SPENT = entry("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
CROWD = entry("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.")

CLEAN_FOR_BOTH = [
    pytest.param(401, entry("INVALID_SESSION_ID"), SessionExpired, id="spent_session"),
    pytest.param(401, entry("INVALID_AUTH_HEADER"), SessionExpired, id="any_401"),
    pytest.param(403, SPENT, BudgetSpent, id="daily_limit"),
    pytest.param(403, CROWD, Retryable, id="too_many_long_requests"),
    pytest.param(400, entry("UNABLE_TO_LOCK_ROW"), Retryable, id="locked_row"),
    pytest.param(403, entry("API_DISABLED_FOR_ORG"), Permanent, id="no_api"),
    pytest.param(400, entry("REQUIRED_FIELD_MISSING"), Permanent, id="missing_field"),
    pytest.param(404, entry("NOT_FOUND"), Permanent, id="not_found"),
    pytest.param(420, entry("EDGE"), Retryable, id="edge_routing"),
    pytest.param(429, entry("TOO_MANY"), Retryable, id="too_many_requests"),
]


@pytest.mark.parametrize("is_write", [True, False])
@pytest.mark.parametrize(("status", "body", "expected"), CLEAN_FOR_BOTH)
def test_a_clean_refusal_means_the_same_to_reads_and_writes(status, body, expected, is_write):
    error = refusal(status, body, is_write=is_write)

    assert type(error) is expected


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(500, entry("UNKNOWN_EXCEPTION"), id="server_error_in_json"),
        pytest.param(503, entry("SERVER_UNAVAILABLE"), id="unavailable_in_json"),
        pytest.param(502, None, id="html_page"),
        pytest.param(408, entry("TIMEOUT"), id="request_time_out"),
        pytest.param(404, None, id="html_404"),
        pytest.param(301, None, id="redirect"),
        pytest.param(400, {"unexpected": 1}, id="json_without_an_error"),
        pytest.param(400, "text", id="a_string"),
    ],
)
def test_without_a_clean_answer_a_write_is_unknown_and_a_read_is_tried_again(status, body):
    assert type(refusal(status, body, is_write=True)) is OutcomeUnknown
    assert type(refusal(status, body, is_write=False)) is Retryable


def test_salesforces_own_words_and_code_reach_the_admin():
    error = refusal(400, entry("STRING_TOO_LONG", "\nSubject: too large "), is_write=True)

    assert (error.code, error.message) == ("STRING_TOO_LONG", "Subject: too large")


def test_a_cut_answer_is_unknown_for_a_write_only():
    assert type(unreadable(is_write=True)) is OutcomeUnknown
    assert type(unreadable(is_write=False)) is Retryable


def wrapped(reason):
    return requests.ConnectionError(MaxRetryError(None, "/path?q=5550100", reason))


def tls_failure():
    verification = ssl.SSLCertVerificationError(1, "unable to get local issuer certificate")
    return requests.exceptions.SSLError(MaxRetryError(None, "/", verification))


BEFORE_ANY_BYTE = [
    pytest.param(wrapped(NewConnectionError(None, "refused")), id="connection_refused"),
    pytest.param(wrapped(NameResolutionError("host", None, "unknown")), id="unknown_name"),
    pytest.param(
        requests.ConnectTimeout(MaxRetryError(None, "/", ConnectTimeoutError("slow"))),
        id="connect_time_out",
    ),
    pytest.param(tls_failure(), id="untrusted_certificate"),
]

AFTER_SOME_BYTES = [
    pytest.param(requests.ReadTimeout(ReadTimeoutError(None, "/", "slow")), id="read_time_out"),
    pytest.param(
        requests.ConnectionError(ProtocolError("aborted", ConnectionResetError(104, "reset"))),
        id="reset",
    ),
    pytest.param(requests.exceptions.ChunkedEncodingError("cut"), id="cut_body"),
    pytest.param(
        requests.exceptions.SSLError(MaxRetryError(None, "/", ssl.SSLEOFError(8, "eof"))),
        id="tls_ended_in_the_middle",
    ),
]


@pytest.mark.parametrize("is_write", [True, False])
@pytest.mark.parametrize("error", BEFORE_ANY_BYTE)
def test_what_fails_before_any_byte_left_was_not_delivered(error, is_write):
    assert type(network_failure(error, is_write=is_write)) is NotDelivered


@pytest.mark.parametrize("error", AFTER_SOME_BYTES)
def test_what_fails_later_is_unknown_for_a_write_and_tried_again_for_a_read(error):
    assert type(network_failure(error, is_write=True)) is OutcomeUnknown
    assert type(network_failure(error, is_write=False)) is Retryable


@pytest.mark.rule("SH-10")
@pytest.mark.parametrize("error", [*BEFORE_ANY_BYTE, *AFTER_SOME_BYTES])
def test_no_address_gets_into_a_message(error):
    assert "5550100" not in network_failure(error, is_write=True).message


@pytest.mark.rule("SH-5")
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(entry("PRECONDITION_FAILED"), id="said_in_json"),
        pytest.param(entry("SOMETHING_ELSE"), id="under_another_code"),
        pytest.param(None, id="said_without_json"),
    ],
)
def test_a_condition_that_does_not_hold_is_a_clean_refusal_whatever_the_body(body):
    error = refusal(412, body, is_write=True)

    assert isinstance(error, Permanent)
    assert error.code == PRECONDITION_FAILED
