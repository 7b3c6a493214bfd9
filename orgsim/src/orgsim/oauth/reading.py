"""Reads the parts of an app's and a site's settings that have a form of their own."""

import re
from ipaddress import ip_network
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

__all__ = ["certificate", "networks", "public_key", "site_path"]

_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_OWN_PATHS: Final = frozenset({"id", "lightning", "login", "secur", "services"})


def certificate(value: object) -> str | None:
    """Return a PEM certificate with an RSA key, or None; raises TypeError for anything else."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError("a certificate must be a PEM text")
    public_key(value)
    return value


def public_key(pem: str) -> RSAPublicKey:
    """Return the key of a PEM certificate; raises TypeError if it has none of RSA."""
    try:
        key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    except ValueError as error:
        raise TypeError("a certificate must be an X.509 certificate in PEM") from error
    if not isinstance(key, RSAPublicKey):
        raise TypeError("a certificate must hold an RSA key")
    return key


def networks(value: object) -> tuple[str, ...]:
    """Return addresses and networks as they were given; raises TypeError for anything else."""
    if not isinstance(value, list):
        raise TypeError("an allow list must be a list of addresses or networks")
    for entry in value:
        try:
            ip_network(entry if isinstance(entry, str) else "")
        except ValueError:
            raise TypeError(f"not an address or a network: {entry}") from None
    return tuple(value)


def site_path(value: object) -> str:
    """Return the path of a site, one word without slashes; raises TypeError for anything else."""
    if not isinstance(value, str) or not _PATH.fullmatch(value) or value.lower() in _OWN_PATHS:
        raise TypeError("path must be one word that the org does not use itself")
    return value
