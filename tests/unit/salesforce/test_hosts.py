import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.adapters.salesforce.hosts import SalesforceHosts
from switchhook.domain.errors import Permanent

HOSTS = SalesforceHosts()
LOCAL = SalesforceHosts(local="localhost:8443")

pytestmark = pytest.mark.rule("CX-11", "SH-8")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("https://login.salesforce.com", None, id="production"),
        pytest.param("https://login.salesforce.com/", None, id="trailing_slash_is_dropped"),
        pytest.param("https://test.salesforce.com", None, id="sandbox"),
        pytest.param("https://login.salesforce.com:443", None, id="standard_port_is_dropped"),
        pytest.param("https://acme.my.salesforce.com", "acme.my", id="my_domain"),
        pytest.param("https://acme--uat.sandbox.my.salesforce.com", None, id="my_domain_sandbox"),
        pytest.param("https://a-dev-ed.develop.my.salesforce.com", None, id="developer_edition"),
    ],
)
def test_salesforces_own_login_addresses_are_accepted(url, expected):
    base = HOSTS.login_base(url)

    assert base == url.removesuffix("/").removesuffix(":443")
    assert expected is None or expected in base


@pytest.mark.rule("SH-11")
@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("https://acme.my.site.com/partners", None, id="site"),
        pytest.param("https://acme.my.site.com/partners/", None, id="trailing_slash_is_dropped"),
        pytest.param("https://acme.my.site.com", None, id="site_at_the_root"),
        pytest.param("https://acme--uat.sandbox.my.site.com/p-2", None, id="site_of_a_sandbox"),
        pytest.param(
            "https://acme.my.site.com:443/partners",
            "https://acme.my.site.com/partners",
            id="standard_port_is_dropped",
        ),
    ],
)
def test_a_sites_own_login_keeps_its_path(url, expected):
    assert HOSTS.login_base(url) == (expected or url.removesuffix("/"))
    assert HOSTS.allows(f"{HOSTS.login_base(url)}/services/oauth2/token")


@pytest.mark.rule("SH-11")
@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://acme.my.site.com/partners/s/login", id="a_page_of_the_site"),
        pytest.param("https://acme.my.site.com/../partners", id="dots"),
        pytest.param("https://acme.my.site.com/partners?x=1", id="query"),
        pytest.param("https://acme.my.site.com//evil.example", id="double_slash"),
        pytest.param("https://my.site.com/partners", id="no_domain"),
        pytest.param("https://acme.site.com/partners", id="not_below_my"),
        pytest.param("https://acme.my.site.com.evil.example/partners", id="suffix_of_another_host"),
        pytest.param("https://acme.my.site.com:8443/partners", id="another_port"),
        pytest.param("http://acme.my.site.com/partners", id="plain_http"),
        pytest.param("https://acme.my.salesforce.com/partners", id="a_path_below_the_org"),
        pytest.param("https://login.salesforce.com/partners", id="a_path_below_the_login"),
    ],
)
def test_what_only_looks_like_a_site_is_refused(url):
    with pytest.raises(Permanent):
        HOSTS.login_base(url)


@pytest.mark.rule("SH-11")
def test_a_site_is_no_address_of_an_orgs_api():
    for hosts, url in ((HOSTS, "https://acme.my.site.com/p"), (LOCAL, "https://localhost:8443/p")):
        with pytest.raises(Permanent):
            hosts.instance_base(url)


@pytest.mark.rule("SH-11")
def test_a_local_site_keeps_its_path():
    assert LOCAL.login_base("https://localhost:8443/partners") == "https://localhost:8443/partners"


@pytest.mark.rule("SH-11")
def test_a_site_may_say_who_somebody_is():
    url = "https://acme.my.site.com/partners/id/00Dxx0000000001EAA/005xx0000000001AAA"

    assert HOSTS.identity_of(url) == ("00Dxx0000000001EAA", "005xx0000000001AAA")


REFUSED_EVERYWHERE = [
    pytest.param("http://login.salesforce.com", id="plain_http"),
    pytest.param("https://login.salesforce.com.evil.example", id="suffix_of_another_host"),
    pytest.param("https://evilsalesforce.com", id="no_dot_before_the_suffix"),
    pytest.param("https://evil.example/#login.salesforce.com", id="fragment"),
    pytest.param("https://evil.example/?login.salesforce.com", id="query"),
    pytest.param("https://evil.example/login.salesforce.com", id="path"),
    pytest.param("https://login.salesforce.com@evil.example", id="user_info"),
    pytest.param("https://evil@login.salesforce.com", id="user_info_before_a_good_host"),
    pytest.param("https://login.salesforce.com:8443", id="another_port"),
    pytest.param("https://login.salesforce.com\\@evil.example", id="backslash"),
    pytest.param("https://login.salesforce.com/services", id="a_path"),
    pytest.param("https://127.0.0.1", id="ipv4_literal"),
    pytest.param("https://169.254.169.254", id="metadata_service"),
    pytest.param("https://[::1]", id="ipv6_literal"),
    pytest.param("https://2130706433", id="ip_as_a_number"),
    pytest.param("https://localhost:8443", id="local_without_being_allowed"),
    pytest.param("https://login.salesforce.com\n", id="line_end"),
    pytest.param(" https://login.salesforce.com", id="space_before"),
    pytest.param("https://login.sa\u200blesforce.com", id="invisible_character"),
    pytest.param("https://l\u043egin.salesforce.com", id="cyrillic_letter"),
    pytest.param("https://..my.salesforce.com", id="empty_label"),
    pytest.param("https://-a.my.salesforce.com", id="label_begins_with_a_hyphen"),
    pytest.param("", id="empty"),
]


@pytest.mark.parametrize("url", REFUSED_EVERYWHERE)
def test_every_other_address_is_refused(url):
    with pytest.raises(Permanent, match="not one of Salesforce's") as for_login:
        HOSTS.login_base(url)
    with pytest.raises(Permanent):
        HOSTS.instance_base(url)

    assert for_login.value.code == "host_not_allowed"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://na139.salesforce.com", id="old_pod"),
        pytest.param("https://acme.my.salesforce.com", id="my_domain"),
        pytest.param("https://acme--uat.sandbox.my.salesforce.com", id="sandbox"),
        pytest.param("https://agency.my.salesforce.mil", id="government"),
        pytest.param("https://acme.my.sfcrmproducts.cn", id="china"),
    ],
)
def test_an_instance_may_be_any_of_salesforces_hosts(url):
    assert HOSTS.instance_base(url) == url


def test_a_pod_is_no_place_to_sign_in():
    with pytest.raises(Permanent):
        HOSTS.login_base("https://na139.salesforce.com")


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        pytest.param("https://localhost:8443", True, id="exactly_the_configured_one"),
        pytest.param("https://localhost:8444", False, id="another_port"),
        pytest.param("https://127.0.0.1:8443", False, id="another_name_of_the_same_machine"),
        pytest.param("http://localhost:8443", False, id="without_tls"),
    ],
)
def test_one_local_host_more_is_allowed_exactly(url, is_allowed):
    assert LOCAL.allows(f"{url}/services/data") is is_allowed


def test_the_identity_address_names_org_and_user():
    url = "https://login.salesforce.com/id/00Dxx0000000001EAA/005xx0000000001AAA"

    assert HOSTS.identity_of(url) == ("00Dxx0000000001EAA", "005xx0000000001AAA")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/id/00Dxx0000000001EAA/005xx0000000001AAA",
        "https://login.salesforce.com/id/00Dxx0000000001EAA/003xx0000000001AAA",
        "https://login.salesforce.com/id/00Dxx0000000001EAA/005xx0000000001AAA/../x",
    ],
)
def test_a_foreign_or_odd_identity_address_is_refused(url):
    with pytest.raises(Permanent):
        HOSTS.identity_of(url)


@given(st.text(max_size=80))
def test_no_text_leads_to_a_foreign_host(text):
    for url in (text, f"https://{text}", f"https://{text}.salesforce.com", f"https://a.{text}"):
        try:
            base = HOSTS.instance_base(url)
        except Permanent:
            continue
        host = base.removeprefix("https://")
        assert host.endswith((".salesforce.com", ".my.salesforce.mil", ".my.sfcrmproducts.cn"))
        assert not set(host) & set("/@:#?\\")
