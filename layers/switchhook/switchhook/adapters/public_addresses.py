"""Tells the public internet from everything that a process in the cloud can reach beside it.

Addresses that carry another one inside (IPv4-mapped, 6to4, Teredo, NAT64) are refused as a whole: no
server of files needs them, and each is a way to write a private address so that it looks public.
"""

from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

type Network = IPv4Network | IPv6Network

# The rest of what is not public is known to the standard library (is_global, is_multicast).
_NEVER: tuple[Network, ...] = (
    ip_network("0.0.0.0/8"),
    ip_network("100.64.0.0/10"),
    ip_network("168.63.129.16/32"),  # a cloud's own services, at an address that looks public
    ip_network("169.254.0.0/16"),
    ip_network("192.88.99.0/24"),
    ip_network("240.0.0.0/4"),
    ip_network("::/96"),  # IPv4-compatible
    ip_network("::ffff:0:0/96"),  # IPv4-mapped
    ip_network("::ffff:0:0:0/96"),  # IPv4-translated
    ip_network("64:ff9b::/96"),  # NAT64
    ip_network("64:ff9b:1::/48"),
    ip_network("2001::/23"),  # Teredo and other protocol assignments
    ip_network("2002::/16"),  # 6to4
    ip_network("3fff::/20"),
    ip_network("5f00::/16"),
    ip_network("fc00::/7"),
    ip_network("fe80::/10"),
    ip_network("fec0::/10"),
)


def is_public(address: str, also_refused: Sequence[Network] = ()) -> bool:
    """Whether an IP address is one of the public internet and of none of the networks refused besides.

    What is not an IP address, or names a zone, is not public.
    """
    try:
        read = ip_address(address)
    except ValueError:
        return False
    if isinstance(read, IPv6Address) and read.scope_id is not None:
        return False
    refused = any(_holds(network, read) for network in (*_NEVER, *also_refused))
    return read.is_global and not read.is_multicast and not read.is_reserved and not refused


def _holds(network: Network, address: IPv4Address | IPv6Address) -> bool:
    return network.version == address.version and address in network
