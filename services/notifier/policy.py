"""Where plain http may go: only into ranges that the operator opened.

Law: a secret-signed event crosses the internet encrypted or not at all.
"""

from ipaddress import ip_network
from typing import Final

from outscope.netguard.policy import Denial, DenialKind, Policy
from outscope.netguard.ranges import IPAddress

_EVERYTHING: Final = {
    version: ip_network(cidr) for version, cidr in ((4, "0.0.0.0/0"), (6, "::/0"))
}


class PlainHttpPolicy(Policy):
    """Denies every address outside the opened ranges, and in them what netguard denies."""

    __slots__ = ()

    def denial_for(self, address: IPAddress) -> Denial | None:
        """Return why plain http must not go to this address, or None when it may."""
        if not self.is_opened(address):
            network = _EVERYTHING[address.version]
            return Denial(
                kind=DenialKind.PLAIN_HTTP,
                address=address,
                network=network,
                name="https is required",
            )
        return super().denial_for(address)
