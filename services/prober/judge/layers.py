"""Says who stands in front of the application, in which role, and what it did with our requests.

Law: a layer decides nothing. What was done decides, and the findings say so; that somebody is there
says nothing of what is behind.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from services.prober.judge import presence
from services.prober.judge.codes import Code
from services.prober.judge.findings import RULES, Finding
from services.prober.judge.verdict import Action, Evidence, Layer, Role

_MAX_EVIDENCE: Final = 6

_ACTIONS: Final = MappingProxyType(
    {
        Code.BLOCK: Action.BLOCK,
        Code.CHALLENGE: Action.CHALLENGE,
        # To log in there first.
        Code.ACCESS_PROXY: Action.CHALLENGE,
        Code.RATE_LIMITED: Action.RATE_LIMIT,
        Code.WAITING_ROOM: Action.RATE_LIMIT,
        Code.ORIGIN_ERROR: Action.PRESENT,
        Code.UNCLAIMED_HOST: Action.PRESENT,
        Code.DENIED_ALIKE: Action.PRESENT,
        Code.AMBIGUOUS: Action.PRESENT,
    }
)
_ROLES: Final = MappingProxyType(
    {
        Code.BLOCK: Role.WAF,
        Code.CHALLENGE: Role.WAF,
        Code.ACCESS_PROXY: Role.ACCESS_PROXY,
        Code.RATE_LIMITED: Role.WAF,
        # It lets in as many as the application can bear.
        Code.WAITING_ROOM: Role.LOAD_BALANCER,
        Code.ORIGIN_ERROR: Role.CDN,
        Code.UNCLAIMED_HOST: Role.HOSTING,
        Code.DENIED_ALIKE: Role.CDN,
        Code.AMBIGUOUS: Role.CDN,
    }
)
# Those whose role is another than that of their code.
_ROLE_OF_RULE: Final = MappingProxyType({rule.id: rule.role for rule in RULES if rule.role})
# Of those who are only there, by the rule that saw them.
_ROLE_OF_PRESENCE: Final = MappingProxyType(
    {rule.id: rule.role for rule in presence.RULES if rule.role}
)
_NAMED: Final = frozenset({"control.block", *(rule.id for rule in RULES if rule.is_layer)})
_PROVIDER: Final = "provider."
_STRENGTH: Final = {action: strength for strength, action in enumerate(Action)}

# Each vendor that is present, with what showed it.
Present = tuple[tuple[str, tuple[Evidence, ...]], ...]


@dataclass(slots=True)
class _Seen:
    """What is known so far of one vendor in one role."""

    action: Action = Action.PRESENT
    evidence: list[Evidence] = field(default_factory=list)


def layers_of(findings: Iterable[Finding], present: Iterable[Present]) -> tuple[Layer, ...]:
    """Return who stands in front, the one that did most first; present is by answer."""
    found: dict[tuple[str, Role], _Seen] = {}
    for vendor, role, action, evidence in (*_acting(findings), *_standing(present)):
        layer = found.setdefault((vendor, role), _Seen())
        if _STRENGTH[action] > _STRENGTH[layer.action]:
            layer.action, layer.evidence = action, [*evidence, *layer.evidence]
        else:
            layer.evidence += [item for item in evidence if item not in layer.evidence]
    layers = (
        Layer(
            vendor=vendor,
            role=role,
            action=layer.action,
            evidence=tuple(layer.evidence[:_MAX_EVIDENCE]),
        )
        for (vendor, role), layer in found.items()
    )
    return tuple(sorted(layers, key=lambda layer: -_STRENGTH[layer.action]))


_Layer = tuple[str, Role, Action, tuple[Evidence, ...]]


def _acting(findings: Iterable[Finding]) -> Iterator[_Layer]:
    """Yield those whose own answers were seen."""
    for finding in findings:
        rule = finding.evidence[0].rule
        is_named = rule in _NAMED or rule.startswith(_PROVIDER)
        if is_named and finding.vendor and finding.code in _ACTIONS:
            role = _ROLE_OF_RULE.get(rule, _ROLES[finding.code])
            yield finding.vendor, role, _ACTIONS[finding.code], finding.evidence


def _standing(present: Iterable[Present]) -> Iterator[_Layer]:
    """Yield those whose marks are on answers of the application, or of others."""
    for answer in present:
        for vendor, evidence in answer:
            yield vendor, _ROLE_OF_PRESENCE[evidence[0].rule], Action.PRESENT, evidence
