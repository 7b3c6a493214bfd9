"""Files are fetched from the public internet only, and never more of them than was asked for."""

import time
from collections.abc import Sequence
from itertools import cycle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.file_server import PUBLIC, FileServer, Page
from switchhook.adapters.files import FetchBounds, PublicFiles
from switchhook.domain.errors import Permanent, Retryable, SwitchhookError
from switchhook.ports.org import FetchedFile, Moved

pytestmark = [pytest.mark.rule("CX-56")]


def public(_host: str, _port: int) -> Sequence[str]:
    return (PUBLIC,)


def fetcher_at(files: FileServer, *, resolver=public, **bounds: Any) -> PublicFiles:
    return PublicFiles(
        FetchBounds(ca_file=files.ca_file, **bounds), resolver=resolver, dialer=files.dial
    )


def fetch(
    files: FileServer,
    path: str,
    *,
    host: str = "localhost",
    most_bytes: int = 1_000,
    within_s: float = 5,
    **how: Any,
) -> FetchedFile | Moved:
    fetcher = fetcher_at(files, **how)
    return fetcher.fetch(f"https://{host}{path}", most_bytes=most_bytes, within_s=within_s)


def refusal(files: FileServer, path: str, **how: Any) -> tuple[type[SwitchhookError], str]:
    with pytest.raises(SwitchhookError) as refused:
        fetch(files, path, **how)
    return type(refused.value), refused.value.code


def test_a_file_is_given_with_what_the_server_says_it_is(files: FileServer):
    files.pages["/a.png?sig=x%20y"] = Page(b"bytes", headers={"Content-Type": "image/png"})

    got = fetch(files, "/a.png?sig=x%20y#part")

    assert got == FetchedFile(content=b"bytes", content_type="image/png")


def test_the_request_names_its_host_and_nothing_that_would_know_us(files: FileServer):
    files.pages["/a"] = Page(b"1")

    fetch(files, "/a")

    (seen,) = files.seen
    assert seen[1] == {
        "host": "localhost",
        "user-agent": "Switchhook-Attachments/1",
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "close",
    }


def test_the_connection_goes_to_the_address_that_was_looked_at(files: FileServer):
    """A name that answers differently the second time is asked only once."""
    answers = cycle([(PUBLIC,), ("127.0.0.1",)])
    asked = []

    def rebinding(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return next(answers)

    files.pages["/a"] = Page(b"1")

    fetch(files, "/a", resolver=rebinding)

    assert (asked, files.dialed) == (["localhost"], [(PUBLIC, 443)])
    assert refusal(files, "/a", resolver=rebinding) == (Permanent, "address_refused")
    assert len(files.dialed) == 1


@pytest.mark.parametrize(
    "addresses",
    [
        pytest.param(("127.0.0.1",), id="loopback"),
        pytest.param(("169.254.169.254",), id="metadata_service"),
        pytest.param((PUBLIC, "10.0.0.1"), id="one_of_two_is_private"),
        pytest.param(("::ffff:10.0.0.1",), id="mapped"),
        pytest.param(("fd00:ec2::254",), id="metadata_service_by_ipv6"),
        pytest.param((), id="none_at_all"),
    ],
)
def test_a_name_with_an_address_that_is_not_public_is_refused(
    files: FileServer, addresses: tuple[str, ...]
):
    assert refusal(files, "/a", resolver=lambda *_: addresses) == (Permanent, "address_refused")
    assert files.dialed == []


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://localhost/a", id="not_https"),
        pytest.param("ftp://localhost/a", id="another_scheme"),
        pytest.param("file:///etc/passwd", id="a_file_of_this_machine"),
        pytest.param("//localhost/a", id="no_scheme"),
        pytest.param("https:///a", id="no_host"),
        pytest.param("https://localhost:8443/a", id="another_port"),
        pytest.param("https://localhost:99999/a", id="no_port_at_all"),
        pytest.param("https://ada@localhost/a", id="a_user"),
        pytest.param("https://ada:pw@localhost/a", id="a_password"),
        pytest.param("https://public.example.com\\@localhost/a", id="two_readers_two_hosts"),
        pytest.param("https://[fe80::1%25eth0]/a", id="a_zone"),
        pytest.param("https://[::1/a", id="half_an_address"),
        pytest.param("https://local host/a", id="a_space"),
        pytest.param("https://localhost/a\r\nX: y", id="a_second_header"),
        pytest.param("https://localhost/" + "a" * 5_000, id="endless"),
        pytest.param(f"https://{'a' * 70}.example.com/a", id="no_host_name"),
    ],
)
def test_an_address_that_could_be_read_in_two_ways_is_refused(files: FileServer, url: str):
    with pytest.raises(Permanent) as refused:
        fetcher_at(files).fetch(url, most_bytes=10, within_s=5)

    assert refused.value.code == "address_refused"
    assert files.dialed == []


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("127.0.0.1", id="dotted"),
        pytest.param("2130706433", id="one_number"),
        pytest.param("0x7f.1", id="hexadecimal"),
        pytest.param("0177.0.0.1", id="octal"),
        pytest.param("127。0。0。1", id="other_dots"),
        pytest.param("[::1]", id="ipv6"),
        pytest.param("[::ffff:127.0.0.1]", id="mapped"),
        pytest.param("localhost", id="by_name"),
    ],
)
def test_no_way_to_write_this_machine_leads_to_it(files: FileServer, host: str):
    fetcher = PublicFiles(FetchBounds(ca_file=files.ca_file), dialer=files.dial)

    with pytest.raises(SwitchhookError):
        fetcher.fetch(f"https://{host}/a", most_bytes=10, within_s=5)

    assert files.dialed == []


def test_a_certificate_of_another_name_is_refused(files: FileServer):
    assert refusal(files, "/a", host="files.example.com") == (Permanent, "certificate")
    assert files.seen == []


def test_a_certificate_of_an_unknown_authority_is_refused(files: FileServer):
    fetcher = PublicFiles(FetchBounds(), resolver=public, dialer=files.dial)

    with pytest.raises(Permanent) as refused:
        fetcher.fetch("https://localhost/a", most_bytes=10, within_s=5)

    assert refused.value.code == "certificate"


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param(Page(b"x", status=404), (Permanent, "http_404"), id="not_there"),
        pytest.param(Page(b"x", status=403), (Permanent, "http_403"), id="not_for_us"),
        pytest.param(Page(b"x", status=206), (Permanent, "http_206"), id="a_part"),
        pytest.param(Page(b"x", status=302), (Permanent, "http_302"), id="moved_nowhere"),
        pytest.param(Page(b"x", status=429), (Retryable, "not_fetched"), id="not_now"),
        pytest.param(Page(b"x", status=503), (Retryable, "not_fetched"), id="server_in_trouble"),
        pytest.param(Page(b"x" * 1_001), (Permanent, "too_large"), id="too_large_as_stated"),
        pytest.param(Page(b"x" * 1_001, is_chunked=True), (Permanent, "too_large"), id="too_large_unstated"),
        pytest.param(Page(b"x" * 1_001, has_length=False), (Permanent, "too_large"), id="too_large_until_the_end"),
        pytest.param(Page(b"x" * 100, cut=1), (Retryable, "not_fetched"), id="cut"),
        pytest.param(Page(b"x" * 100, cut=1, is_chunked=True), (Retryable, "not_fetched"), id="cut_in_chunks"),
        pytest.param(Page(b"x", headers={"Content-Encoding": "gzip"}), (Permanent, "encoding"), id="compressed"),
        pytest.param(Page(b"x" * 100, pause_s=0.1), (Retryable, "not_fetched"), id="drop_by_drop"),
        pytest.param(Page(b"x" * 100, pause_s=0.1, has_length=False), (Retryable, "not_fetched"), id="drop_by_drop_without_length"),
    ],
)  # fmt: skip
def test_every_answer_has_a_meaning(
    files: FileServer, page: Page, expected: tuple[type[SwitchhookError], str]
):
    files.pages["/a"] = page

    within_s = 0.7 if page.pause_s else 5
    began = time.monotonic()

    assert refusal(files, "/a", within_s=within_s) == expected
    assert time.monotonic() - began < within_s + 3


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(Page(b"x" * 1_000), id="with_its_length"),
        pytest.param(Page(b"x" * 1_000, is_chunked=True), id="in_chunks"),
        pytest.param(Page(b"x" * 1_000, headers={"Content-Encoding": "identity"}), id="as_it_is"),
        pytest.param(Page(b""), id="empty"),
    ],
)
def test_a_file_of_just_the_size_is_taken(files: FileServer, page: Page):
    files.pages["/a"] = page

    got = fetch(files, "/a")

    assert isinstance(got, FetchedFile)
    assert got.content == page.body


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        pytest.param("/b?c=d", "https://localhost/b?c=d", id="beside"),
        pytest.param("https://cdn.example.com/b", "https://cdn.example.com/b", id="elsewhere"),
        pytest.param("http://169.254.169.254/latest", "http://169.254.169.254/latest", id="inside"),
    ],
)
def test_a_redirect_is_told_and_not_followed(files: FileServer, place: str, expected: str):
    files.pages["/a"] = Page(status=302, headers={"Location": place})

    assert fetch(files, "/a") == Moved(url=expected)
    assert len(files.dialed) == 1


def test_a_redirect_to_no_address_is_refused(files: FileServer):
    files.pages["/a"] = Page(status=302, headers={"Location": "https://["})

    assert refusal(files, "/a") == (Permanent, "address_refused")


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(OSError("no such name"), id="no_name"),
        pytest.param(UnicodeError("label empty"), id="odd_name"),
    ],
)
def test_a_name_without_an_answer_is_asked_again_later(files: FileServer, trouble: Exception):
    def silent(_host: str, _port: int) -> Sequence[str]:
        raise trouble

    assert refusal(files, "/a", resolver=silent) == (Retryable, "not_fetched")


def test_a_server_that_cannot_be_reached_is_asked_again_later(files: FileServer):
    def closed(_address: str, _port: int):
        raise ConnectionRefusedError

    fetcher = PublicFiles(FetchBounds(), resolver=public, dialer=closed)

    with pytest.raises(Retryable):
        fetcher.fetch("https://localhost/a", most_bytes=10, within_s=5)


def test_no_message_holds_the_address(files: FileServer):
    files.pages["/secret"] = Page(status=404)

    for host in ("localhost", "files.example.com"):
        with pytest.raises(SwitchhookError) as refused:
            fetch(files, "/secret", host=host)
        assert "secret" not in str(refused.value)
        assert host not in str(refused.value)
        assert refused.value.__cause__ is None


def test_one_exact_origin_more_is_allowed_on_a_developers_machine(files: FileServer):
    files.pages["/a"] = Page(b"1")
    origin = f"https://localhost:{files.port}"
    fetcher = fetcher_at(files, local_origin=origin)

    assert fetcher.fetch(f"{origin}/a", most_bytes=9, within_s=5) == FetchedFile(content=b"1")
    for other in (f"https://127.0.0.1:{files.port}/a", f"http://localhost:{files.port}/a"):
        with pytest.raises(Permanent, match="https"):
            fetcher.fetch(other, most_bytes=9, within_s=5)


@given(url=st.text(max_size=60) | st.text(max_size=40).map(lambda text: f"https://{text}"))
def test_no_address_leads_to_anything_but_a_refusal(url: str):
    def never(_address: str, _port: int):
        raise ConnectionRefusedError

    fetcher = PublicFiles(FetchBounds(), resolver=lambda *_: ("127.0.0.1",), dialer=never)

    with pytest.raises(SwitchhookError):
        fetcher.fetch(url, most_bytes=1, within_s=5)
