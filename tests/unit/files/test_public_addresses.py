"""No address that leads anywhere but into the public internet is taken for a public one."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.adapters.files import is_public

INSIDE = {
    "this_host": "0.0.0.0",  # noqa: S104 - nothing is bound here
    "this_network": "0.1.2.3",
    "loopback": "127.0.0.1",
    "loopback_elsewhere": "127.255.255.254",
    "private_ten": "10.0.0.1",
    "private_172": "172.16.0.1",
    "private_172_end": "172.31.255.255",
    "private_192": "192.168.1.1",
    "metadata_service": "169.254.169.254",
    "task_credentials": "169.254.170.2",
    "carrier_grade_nat": "100.64.0.1",
    "protocol_assignments": "192.0.0.170",
    "documentation": "192.0.2.1",
    "relay_6to4": "192.88.99.1",
    "benchmarking": "198.18.0.1",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "cloud_host_service": "168.63.129.16",
    "v6_unspecified": "::",
    "v6_loopback": "::1",
    "v6_metadata_service": "fd00:ec2::254",
    "v6_unique_local": "fc00::1",
    "v6_link_local": "fe80::1",
    "v6_link_local_with_zone": "fe80::1%eth0",
    "v6_public_with_zone": "2606:4700::1%1",
    "v6_site_local": "fec0::1",
    "v6_multicast": "ff02::1",
    "v6_documentation": "2001:db8::1",
    "v6_documentation_new": "3fff::1",
    "v6_discard": "100::1",
    "mapped_loopback": "::ffff:127.0.0.1",
    "mapped_metadata_hex": "::ffff:a9fe:a9fe",
    "mapped_public": "::ffff:93.184.215.14",
    "compatible_loopback": "::127.0.0.1",
    "translated": "::ffff:0:127.0.0.1",
    "nat64_metadata": "64:ff9b::169.254.169.254",
    "nat64_local": "64:ff9b:1::a00:1",
    "teredo": "2001:0:a9fe:a9fe::1",
    "sixtofour_private": "2002:a00:1::1",
    "no_address": "localhost",
    "number": "2130706433",
    "octal": "0177.0.0.1",
    "short": "127.1",
    "empty": "",
}
OUTSIDE = {
    "v4": "93.184.215.14",
    "v4_next_to_private": "172.32.0.1",
    "v4_next_to_nat": "100.128.0.1",
    "v6": "2606:4700:4700::1111",
}


@pytest.mark.rule("CX-56")
@pytest.mark.parametrize("address", [pytest.param(text, id=name) for name, text in INSIDE.items()])
def test_what_is_not_public_is_refused(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", [pytest.param(text, id=name) for name, text in OUTSIDE.items()])
def test_what_is_public_is_taken(address: str):
    assert is_public(address)


def test_networks_of_our_own_are_refused_though_they_look_public():
    own = (ip_network("93.184.0.0/16"), ip_network("2606:4700::/32"))

    assert [is_public(address, own) for address in OUTSIDE.values()] == [False, True, True, False]


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_becomes_public_by_being_written_as_ipv6(address):
    number = int(address)
    forms = [
        f"::ffff:{address}",
        f"::{address}",
        f"64:ff9b::{address}",
        f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1",
    ]

    assert not any(is_public(form) for form in forms)


@given(st.text())
def test_no_text_breaks_it(text: str):
    assert is_public(text) in {True, False}
