"""The only hosts that tokens and secrets are sent to.

A login address is typed by people and an instance address comes over the network, so both are read
against a list (CX-11): `https`, a Salesforce host, nothing else in the address but the path of an
Experience Cloud site (SH-11). On a developer's machine one exact `host:port` more may be allowed.
"""

import re
from dataclasses import dataclass

from switchhook.domain.errors import Permanent

_ADDRESS = re.compile(
    r"https://(?P<host>[a-z0-9.-]{1,253})(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[A-Za-z0-9][A-Za-z0-9_-]{0,99})?/?"
)
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_MY_DOMAIN = rf"{_LABEL}(?:\.(?:sandbox|develop|scratch|demo|patch|trailblaze|free|stage))?"
_LOGIN_HOST = re.compile(rf"(?:login|test)\.salesforce\.com|{_MY_DOMAIN}\.my\.salesforce\.com")
_SITE_HOST = re.compile(rf"{_MY_DOMAIN}\.my\.site\.com")
_INSTANCE_HOST = re.compile(
    rf"(?:{_LABEL}\.)+salesforce\.com|(?:{_LABEL}\.)+my\.salesforce\.mil"
    rf"|(?:{_LABEL}\.)+my\.sfcrmproducts\.cn"
)
_IDENTITY = re.compile(
    r"(?P<base>https://[^/]+(?:/[^/]+)?)/id/(?P<org>00D[0-9A-Za-z]{12,15})/(?P<user>005[0-9A-Za-z]{12,15})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesforceHosts:
    """The list; `local` is one exact `host:port` of a simulated org, None in every deployment."""

    local: str | None = None

    def login_base(self, url: str) -> str:
        """The address to sign in at, without a trailing slash; a site's path stays a part of it.

        Raises:
            Permanent: code `host_not_allowed`.
        """
        return self._base(url, _LOGIN_HOST, site=True)

    def instance_base(self, url: str) -> str:
        """The address of an org's API, without a trailing slash.

        Raises:
            Permanent: code `host_not_allowed`.
        """
        return self._base(url, _INSTANCE_HOST)

    def identity_of(self, url: str) -> tuple[str, str]:
        """Org id and user id that an identity URL names.

        Raises:
            Permanent: code `host_not_allowed`.
        """
        named = _IDENTITY.fullmatch(url)
        if named is None:
            raise _refused()
        self._base(named["base"], _INSTANCE_HOST, site=True)
        return named["org"], named["user"]

    def allows(self, url: str) -> bool:
        """Whether a request may go to this address, whatever its path."""
        base = re.match(r"https://[^/?#]*", url)
        if base is None:
            return False
        try:
            self._base(base[0], _INSTANCE_HOST, site=True)
        except Permanent:
            return False
        return True

    def _base(self, url: str, allowed: re.Pattern[str], *, site: bool = False) -> str:
        """The address as it is used; only where `site` allows it may a site's path follow the host."""
        address = _ADDRESS.fullmatch(url)
        if address is None:
            raise _refused()
        host, port, path = address["host"], address["port"], address["path"] or ""
        if self.local is not None and f"{host}:{port or 443}" == self.local:
            is_allowed, base = site or not path, f"https://{self.local}"
        else:
            is_site = site and _SITE_HOST.fullmatch(host) is not None
            is_org = allowed.fullmatch(host) is not None and not path
            is_allowed, base = port in {None, "443"} and (is_site or is_org), f"https://{host}"
        if not is_allowed:
            raise _refused()
        return base + path


def _refused() -> Permanent:
    return Permanent(
        "the address is not one of Salesforce's; use https://login.salesforce.com, "
        "https://test.salesforce.com, the org's https://....my.salesforce.com or a site's "
        "https://....my.site.com/<path>",
        code="host_not_allowed",
    )
