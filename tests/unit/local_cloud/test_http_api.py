"""The local API speaks to functions and clients as AWS does."""

import json

import pytest

from local.emulation import http_api


def event(**changes):
    base = {
        "version": "2.0",
        "routeKey": "GET /a",
        "rawPath": "/a",
        "headers": {"host": "localhost:3000"},
        "requestContext": {
            "domainName": "abc.execute-api.localhost",
            "http": {"sourceIp": "192.0.2.1", "method": "GET"},
        },
        "pathParameters": None,
    }
    return {**base, **changes}


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        pytest.param(event(), True, id="an_http_api_event"),
        pytest.param({"Records": []}, False, id="a_queue_event"),
        pytest.param({"version": "0", "source": "aws.scheduler"}, False, id="a_schedule_event"),
        pytest.param("text", False, id="anything_else"),
    ],
)
def test_only_http_api_events_are_completed(candidate, expected):
    """Other invocations pass through unseen."""
    assert http_api.is_http_api_event(candidate) is expected


def test_cookies_become_a_list():
    """Payload format 2.0 has no cookie header."""
    complete = http_api.complete_event(event(headers={"host": "h", "cookie": "a=1; b=2"}))

    assert complete["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in complete["headers"]


def test_no_cookie_means_no_list():
    """AWS leaves the key out."""
    assert "cookies" not in http_api.complete_event(event())


@pytest.mark.parametrize(
    ("host", "port"),
    [pytest.param("localhost:3000", "3000", id="given"), pytest.param("h", "80", id="default")],
)
def test_forwarding_headers_name_client_and_port(host, port):
    """Handlers build addresses from them."""
    headers = http_api.complete_event(event(headers={"host": host}))["headers"]

    assert headers == {
        "host": host,
        "x-forwarded-for": "192.0.2.1",
        "x-forwarded-proto": "http",
        "x-forwarded-port": port,
    }


def test_the_host_the_client_used_is_restored():
    """The front addresses the API by a name of the emulator's own."""
    sent = dict(http_api.front_headers([(b"Host", b"localhost:3000")], "abc.execute-api.localhost"))
    headers = {name.decode(): value.decode() for name, value in sent.items()}

    complete = http_api.complete_event(event(headers=headers))

    assert headers["host"] == "abc.execute-api.localhost"
    assert complete["headers"]["host"] == "localhost:3000"
    assert complete["requestContext"]["domainName"] == "localhost:3000"


def test_a_header_sent_twice_is_joined_by_a_comma():
    """AWS joins without a blank."""
    sent = http_api.front_headers(
        [(b"X-A", b"1"), (b"x-a", b"2"), (b"Cookie", b"a"), (b"cookie", b"b")], "h"
    )

    assert dict(sent)[b"x-a"] == b"1,2"
    assert dict(sent)[b"cookie"] == b"a; b"


def test_a_preflight_is_written_large_again():
    """It travels in lower case past the emulator's own answer."""
    context = {"domainName": "d", "http": {"sourceIp": "192.0.2.1", "method": "options"}}

    complete = http_api.complete_event(event(requestContext=context))

    assert complete["requestContext"]["http"]["method"] == "OPTIONS"


@pytest.mark.parametrize(
    ("result", "proxied", "status", "message"),
    [
        pytest.param({"error": True}, {"statusCode": 502, "body": "trace"}, 500, "Internal Server Error", id="a_crash_shows_no_trace"),
        pytest.param({"throttle": True}, {"statusCode": 429, "body": ""}, 503, "Service Unavailable", id="a_throttled_function_is_unavailable"),
        pytest.param({"refused_as_too_large": True}, None, 413, "Request Too Long", id="more_than_6_mb_is_refused"),
        pytest.param({}, None, 500, "Internal Server Error", id="no_answer_is_an_error"),
        pytest.param({}, {"statusCode": "fine"}, 500, "Internal Server Error", id="a_status_must_be_a_number"),
        pytest.param({}, {"statusCode": 200, "body": "x" * (http_api.LAMBDA_PAYLOAD_LIMIT + 1)}, 500, "Internal Server Error", id="an_answer_over_6_mb_is_an_error"),
    ],
)  # fmt: skip
def test_failures_answer_in_the_gateways_words(result, proxied, status, message):
    """A client never sees what happened inside."""
    answer = http_api.answer_to_client(result, proxied)

    assert answer["statusCode"] == status
    assert json.loads(answer["body"]) == {"message": message}


@pytest.mark.parametrize(
    ("proxied", "expected"),
    [
        pytest.param({"statusCode": "201", "body": "x"}, {"statusCode": 201, "body": "x"}, id="a_status_in_digits_counts"),
        pytest.param({"statusCode": 200}, {"statusCode": 200, "body": ""}, id="no_body_is_empty"),
        pytest.param({"statusCode": 200, "body": {"a": 1}}, {"statusCode": 200, "body": '{"a": 1}'}, id="a_body_that_is_no_text_becomes_json"),
    ],
)  # fmt: skip
def test_answers_reach_the_client(proxied, expected):
    """What a function returns is what the client gets."""
    assert http_api.answer_to_client({}, proxied) == expected
