"""Holds the address ranges that no stranger's host can live in: data, each row with its source.

The rows are the IANA special-purpose registries for IPv4 and IPv6 (RFC 6890 and the documents each
row names), the multicast blocks, what lies outside global unicast, and the addresses and networks
where cloud platforms serve credentials, control and services to their own machines. The longest
matching row counts.
"""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network


class RangeKind(StrEnum):
    """What a range means to somebody who wants to connect there."""

    SPECIAL = "special"  # denied
    METADATA = "metadata"  # denied, and opened only by naming exactly that address
    TRANSLATION = "translation"  # carries IPv4 addresses; they are judged instead


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialRange:
    """One row: a range, its name for people, the document it comes from, and what it means."""

    network: IPNetwork
    name: str
    source: str
    kind: RangeKind = RangeKind.SPECIAL


def _rows(kind: RangeKind, *rows: tuple[str, str, str]) -> tuple[SpecialRange, ...]:
    return tuple(
        SpecialRange(network=ip_network(network), name=name, source=source, kind=kind)
        for network, name, source in rows
    )


IPV4_SPECIAL: Final = _rows(
    RangeKind.SPECIAL,
    ("0.0.0.0/8", "this network", "RFC 791"),
    ("10.0.0.0/8", "private use", "RFC 1918"),
    ("100.64.0.0/10", "shared address space", "RFC 6598"),
    ("127.0.0.0/8", "loopback", "RFC 1122"),
    ("169.254.0.0/16", "link-local", "RFC 3927"),
    ("172.16.0.0/12", "private use", "RFC 1918"),
    ("192.0.0.0/24", "IETF protocol assignments", "RFC 6890"),
    ("192.0.0.0/29", "IPv4 service continuity", "RFC 7335"),
    ("192.0.0.8/32", "IPv4 dummy address", "RFC 7600"),
    ("192.0.0.9/32", "port control protocol anycast", "RFC 7723"),
    ("192.0.0.10/32", "TURN anycast", "RFC 8155"),
    ("192.0.0.170/31", "NAT64 and DNS64 discovery", "RFC 8880"),
    ("192.0.2.0/24", "documentation (TEST-NET-1)", "RFC 5737"),
    ("192.31.196.0/24", "AS112", "RFC 7535"),
    ("192.52.193.0/24", "automatic multicast tunneling", "RFC 7450"),
    ("192.88.99.0/24", "6to4 relay anycast, deprecated", "RFC 7526"),
    ("192.168.0.0/16", "private use", "RFC 1918"),
    ("192.175.48.0/24", "AS112 direct delegation", "RFC 7534"),
    ("198.18.0.0/15", "benchmarking", "RFC 2544"),
    ("198.51.100.0/24", "documentation (TEST-NET-2)", "RFC 5737"),
    ("203.0.113.0/24", "documentation (TEST-NET-3)", "RFC 5737"),
    ("224.0.0.0/4", "multicast", "RFC 5771"),
    ("240.0.0.0/4", "reserved", "RFC 1112"),
    ("255.255.255.255/32", "limited broadcast", "RFC 919"),
)

IPV6_SPECIAL: Final = _rows(
    RangeKind.SPECIAL,
    ("::/3", "outside global unicast", "RFC 4291"),
    ("4000::/2", "outside global unicast", "RFC 4291"),
    ("8000::/1", "outside global unicast", "RFC 4291"),
    ("::/128", "unspecified", "RFC 4291"),
    ("::1/128", "loopback", "RFC 4291"),
    ("::/96", "IPv4-compatible, deprecated", "RFC 4291"),
    ("64:ff9b:1::/48", "local-use NAT64", "RFC 8215"),
    ("100::/64", "discard-only", "RFC 6666"),
    ("100:0:0:1::/64", "dummy prefix", "RFC 9780"),
    ("2001::/23", "IETF protocol assignments", "RFC 2928"),
    ("2001:1::1/128", "port control protocol anycast", "RFC 7723"),
    ("2001:1::2/128", "TURN anycast", "RFC 8155"),
    ("2001:1::3/128", "DNS-SD service registration anycast", "RFC 9665"),
    ("2001:2::/48", "benchmarking", "RFC 5180"),
    ("2001:3::/32", "automatic multicast tunneling", "RFC 7450"),
    ("2001:4:112::/48", "AS112", "RFC 7535"),
    ("2001:10::/28", "ORCHID, deprecated", "RFC 4843"),
    ("2001:20::/28", "ORCHIDv2", "RFC 7343"),
    ("2001:30::/28", "drone remote identification", "RFC 9374"),
    ("2001:db8::/32", "documentation", "RFC 3849"),
    ("2620:4f:8000::/48", "AS112 direct delegation", "RFC 7534"),
    ("3fff::/20", "documentation", "RFC 9637"),
    ("5f00::/16", "segment routing identifiers", "RFC 9602"),
    ("fc00::/7", "unique local", "RFC 4193"),
    ("fe80::/10", "link-local", "RFC 4291"),
    ("fec0::/10", "site-local, deprecated", "RFC 3879"),
    ("ff00::/8", "multicast", "RFC 4291"),
)

IPV6_TRANSLATION: Final = _rows(
    RangeKind.TRANSLATION,
    ("::ffff:0:0/96", "IPv4-mapped", "RFC 4291"),
    ("64:ff9b::/96", "NAT64", "RFC 6052"),
    ("2001::/32", "Teredo", "RFC 4380"),
    ("2002::/16", "6to4", "RFC 3056"),
)

PLATFORM: Final = _rows(
    RangeKind.METADATA,
    ("169.254.169.254/32", "cloud metadata", "AWS, Azure, Google Cloud, OpenStack, Oracle"),
    ("169.254.169.253/32", "cloud resolver", "AWS VPC: DNS attributes"),
    ("169.254.169.252/32", "cloud metadata", "Google Kubernetes Engine: metadata server of a node"),
    ("169.254.169.250/32", "cloud licence server", "AWS EC2: Windows activation"),
    ("169.254.169.251/32", "cloud licence server", "AWS EC2: Windows activation"),
    ("169.254.169.123/32", "cloud time service", "AWS EC2: Amazon Time Sync"),
    ("169.254.170.2/32", "container credentials", "AWS ECS: task IAM roles"),
    ("169.254.170.23/32", "container credentials", "AWS EKS: Pod Identity"),
    ("169.254.20.10/32", "cluster resolver", "Kubernetes: NodeLocal DNSCache"),
    ("169.254.0.23/32", "cloud metadata", "Tencent Cloud: CVM instance metadata"),
    ("169.254.42.42/32", "cloud metadata", "Scaleway: instance metadata"),
    ("100.100.100.200/32", "cloud metadata", "Alibaba Cloud: ECS instance metadata"),
    ("100.100.2.136/32", "cloud resolver", "Alibaba Cloud: VPC name servers"),
    ("100.100.2.138/32", "cloud resolver", "Alibaba Cloud: VPC name servers"),
    ("100.96.0.96/32", "cloud metadata", "Volcengine: ECS instance metadata"),
    ("168.63.129.16/32", "cloud platform", "Azure: what is IP address 168.63.129.16"),
    ("192.0.0.192/32", "cloud metadata", "Oracle Cloud Classic: instance metadata"),
    ("fd00:ec2::254/128", "cloud metadata", "AWS EC2: instance metadata over IPv6"),
    ("fd00:ec2::253/128", "cloud resolver", "AWS VPC: DNS attributes"),
    ("fd00:ec2::123/128", "cloud time service", "AWS EC2: Amazon Time Sync"),
    ("fd00:ec2::23/128", "container credentials", "AWS EKS: Pod Identity"),
    ("fd20:ce::254/128", "cloud metadata", "Google Cloud: metadata server over IPv6"),
    ("fd00:42::42/128", "cloud metadata", "Scaleway: instance metadata"),
    ("fd00:c1::a9fe:a9fe/128", "cloud metadata", "Oracle Cloud: instance metadata over IPv6"),
    ("fd00:a9fe:a9fe::1/128", "cloud metadata", "Akamai: instance metadata over IPv6"),
    ("fd00:100::100:200/128", "cloud metadata", "Alibaba Cloud: instance metadata over IPv6"),
    ("fe80::a9fe:a9fe/128", "cloud metadata", "OpenStack Nova: metadata over IPv6"),
)

# Public by their number, and routed inside the platform only.
PLATFORM_NETWORKS: Final = _rows(
    RangeKind.SPECIAL,
    ("161.26.0.0/16", "cloud services", "IBM Cloud: infrastructure services"),
    ("166.8.0.0/14", "cloud services", "IBM Cloud: service endpoints"),
    ("199.36.153.4/30", "cloud services", "Google Cloud: restricted.googleapis.com"),
    ("199.36.153.8/30", "cloud services", "Google Cloud: private.googleapis.com"),
)

SPECIAL_RANGES: Final = (
    *IPV4_SPECIAL,
    *IPV6_SPECIAL,
    *IPV6_TRANSLATION,
    *PLATFORM,
    *PLATFORM_NETWORKS,
)
