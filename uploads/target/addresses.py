"""Which addresses Target can have: those of the public internet."""

import ipaddress

# What unicast addresses of the IPv6 internet begin with; all others are local or kept for something.
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
# Addresses that stand for an IPv4 address, which need not be a public one.
NAT64 = ipaddress.ip_network("64:ff9b::/96")
SIX_TO_FOUR = ipaddress.ip_network("2002::/16")
RELAYS = ipaddress.ip_network("192.88.99.0/24")


def is_public(address: str) -> bool:
    """Whether an IP address, as a socket names its peer, belongs to the public internet.

    Private, loopback, link-local, shared, multicast and reserved addresses do not, and neither does an
    IPv4 address in the guise of an IPv6 one, except as NAT64 writes it on a network without IPv4.
    """
    ip = ipaddress.ip_address(address)
    if ip in NAT64:
        return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)))
    if ip.version == 6 and (ip not in GLOBAL_UNICAST or ip in SIX_TO_FOUR):
        return False
    return ip.is_global and not ip.is_multicast and ip not in RELAYS
