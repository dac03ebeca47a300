"""Says what a finding is in one sentence for people, about its own answer."""

from typing import Final

from services.prober.facts import HostFacts
from services.prober.judge.codes import message_for
from services.prober.judge.findings import Finding
from services.prober.judge.sender import Sender, message_with

_SHOWN_ADDRESSES: Final = 4


def sentence_of(finding: Finding, sender: Sender | None, facts: HostFacts) -> str:
    """Return the sentence of a finding; sender is who sent the answer, None where nobody knows."""
    visitor = visitor_of(facts)
    fields = {
        "path": finding.page.asked,
        "status": str(finding.page.status),
        "vendor": finding.vendor or "The site",
        "target": finding.target,
        "host": facts.fqdn,
        "addresses": addresses_of(facts),
        "visitor": visitor,
        "advice": finding.advice,
    }
    if finding.message:
        message = finding.message.format_map(fields)
    else:
        message = message_for(finding.code, fields)
    return message if sender is None else message_with(sender, message, finding, visitor)


def visitor_of(facts: HostFacts) -> str:
    """Return as whom we came, for people: our addresses and user agent, named where they can be."""
    named = f" “{facts.user_agent}”" if facts.user_agent else ""
    return f"{addresses_of(facts)} and user agent{named}"


def addresses_of(facts: HostFacts) -> str:
    """Return where our requests came from, for people."""
    first = facts.egress_addresses[:_SHOWN_ADDRESSES]
    more = len(facts.egress_addresses) - len(first)
    shown = [*first, *([f"{more} more"] if more else [])]
    return f"our addresses ({', '.join(shown)})" if shown else "our addresses"
