"""A policy that has second thoughts: shows how often, and when, an address is judged."""

from ipaddress import ip_network

from outscope.netguard.policy import Denial, Policy
from outscope.netguard.ranges import IPAddress


class FicklePolicy(Policy):
    """Allows what it is asked a few times, and denies everything after."""

    __slots__ = ("allowances", "judged")
    allowances: int
    judged: list[IPAddress]

    def denial_for(self, address: IPAddress) -> Denial | None:
        self.judged.append(address)
        network = ip_network("0.0.0.0/0")
        denial = Denial(address=address, network=network, name="second thoughts")
        return denial if len(self.judged) > self.allowances else None


def fickle_policy(allowances: int) -> FicklePolicy:
    policy = FicklePolicy()
    object.__setattr__(policy, "allowances", allowances)  # a policy is frozen
    object.__setattr__(policy, "judged", [])
    return policy
