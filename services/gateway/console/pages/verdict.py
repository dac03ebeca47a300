"""What a check says of its target, in one sentence, and the tone of it."""

from collections.abc import Mapping
from typing import Any, Final

Json = Mapping[str, Any]

_STATES: Final = {
    "analyzable": ("good", "Analyzable: a scanner can work with it"),
    "not_analyzable": ("bad", "Not analyzable: a scanner cannot work with it"),
}
_UNSURE: Final = ("unsure", "What was seen does not tell whether a scanner can work with it")


def verdict_of(check: Json) -> tuple[str, str]:
    """Return the tone and the words, of a check or of what one of its vantage points saw."""
    analysis, failure = check.get("analysis"), check.get("failure")
    if failure is not None:
        return "bad", f"The check could not be carried out ({failure['reason']})"
    if analysis is None:
        return "unsure", f"The check is {check.get('status') or 'under way'}"
    if not analysis["reachable"]:
        return "bad", "Not reachable: no port accepted a connection"
    if not analysis["speaks_http"]:
        return "bad", "Reachable, but nothing there speaks HTTP"
    return _STATES.get(analysis["analyzability"], _UNSURE)
