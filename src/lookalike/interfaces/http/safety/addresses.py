"""Which addresses are of the public internet, and which are of somebody's own machines."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

# IANA's registries of special-purpose addresses, spelt out: what `ipaddress` calls private and
# global differs between versions of Python.
_FOUR: Mapping[str, str] = {
    "0.0.0.0/8": "this machine",
    "10.0.0.0/8": "a private network",
    "100.64.0.0/10": "a provider's own network",
    "127.0.0.0/8": "this machine",
    "168.63.129.16/32": "the host of a virtual machine",  # public by its number, Azure's in fact
    "169.254.0.0/16": "the local link",
    "172.16.0.0/12": "a private network",
    "192.0.0.0/24": "a protocol's own",
    "192.0.2.0/24": "documentation",
    "192.31.196.0/24": "a protocol's own",
    "192.52.193.0/24": "a protocol's own",
    "192.88.99.0/24": "a relay to another network",
    "192.168.0.0/16": "a private network",
    "192.175.48.0/24": "a protocol's own",
    "198.18.0.0/15": "measurements",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "many machines at once",
    "240.0.0.0/4": "no machine yet",
}
# Of IPv6 only these are given to machines of the internet at all; what maps to IPv4, such as
# ::ffff:0:0/96 and 64:ff9b::/96, is outside and so refused whatever it maps to.
_SIX_GLOBAL = ipaddress.IPv6Network("2000::/3")
_SIX: Mapping[str, str] = {
    "2001::/23": "a protocol's own",  # Teredo among them
    "2001:db8::/32": "documentation",
    "2002::/16": "a relay to another network",  # 6to4: an IPv4 address is inside
    "2620:4f:8000::/48": "a protocol's own",
    "3fff::/20": "documentation",
}
_SPECIAL = tuple(
    (ipaddress.ip_network(network), told) for network, told in {**_FOUR, **_SIX}.items()
)


def special(address: Address) -> str:
    """Return whose an address is, if it is not of the public internet; empty if it is."""
    for network, told in _SPECIAL:
        if address.version == network.version and address in network:
            return told
    if address.version == 6 and address not in _SIX_GLOBAL:
        return "this machine" if address.is_loopback else "a network of its own"
    return ""
