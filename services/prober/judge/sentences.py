"""Says what a finding is in one sentence for people, about its own answer."""

from services.prober.judge.codes import message_for
from services.prober.judge.findings import Finding
from services.prober.judge.sender import Sender, message_with


def sentence_of(finding: Finding, sender: Sender | None, fqdn: str) -> str:
    """Return the sentence of a finding; sender is who sent the answer, None where nobody knows."""
    fields = {
        "path": finding.page.asked,
        "status": str(finding.page.status),
        "vendor": finding.vendor or "The site",
        "target": finding.target,
        "host": fqdn,
        "advice": finding.advice,
    }
    if finding.message:
        message = finding.message.format_map(fields)
    else:
        message = message_for(finding.code, fields)
    return message if sender is None else message_with(sender, message, finding)
