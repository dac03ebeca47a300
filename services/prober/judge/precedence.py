"""Of several findings about one host: which are told, and which one decides.

The paths are requested on one port, the best. What other ports answered counts too, where it comes
nearer to the application; it never takes away what a path showed. A redirect whose target was seen
decides nothing: what was seen there does.
"""

from collections.abc import Iterable
from typing import Final

from services.prober.judge.codes import Code, Standing
from services.prober.judge.findings import Finding
from services.prober.judge.names import endpoint_of

_SHOWS_THE_APPLICATION: Final = frozenset({Standing.REACHED, Standing.ANSWERED})

# The order in which codes of one standing are told.
IMPORTANCE: Final = {code: index for index, code in enumerate(Code)}


def told(own: tuple[Finding, ...], others: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings of the paths, and those of other ports that add to them."""
    everything = (*own, *others)
    followed = [finding for finding in own if is_followed(finding, everything)]
    lasting = [finding for finding in own if finding not in followed]
    added = [
        finding
        for finding in others
        if _is_target(finding, followed)
        or (not is_followed(finding, everything) and _adds(finding, lasting))
    ]
    return (*own, *added)


def decisive_of(findings: tuple[Finding, ...]) -> Finding | None:
    """Return the finding nearest to the application; of equals the most important, then first."""
    return min(
        findings,
        key=lambda f: (is_followed(f, findings), -f.standing, IMPORTANCE[f.code]),
        default=None,
    )


def shows_the_application(decisive: Finding, findings: tuple[Finding, ...]) -> bool:
    """Tell whether the decisive finding makes its host analyzable; redirects in a circle do not."""
    return decisive.standing in _SHOWS_THE_APPLICATION and not is_followed(decisive, findings)


def is_followed(finding: Finding, findings: Iterable[Finding]) -> bool:
    """Tell whether a finding is a redirect to an address, or another port, that was seen."""
    if finding.code is not Code.REDIRECT_SAME_SITE:
        return False
    there = endpoint_of(finding.leads_to)
    is_near = there == endpoint_of(finding.page.url)
    return any(
        url == finding.leads_to or (not is_near and endpoint_of(url) == there)
        for other in findings
        if other is not finding
        for url in other.page.urls
    )


def _is_target(finding: Finding, redirects: list[Finding]) -> bool:
    if not redirects:
        return False
    here = endpoint_of(finding.page.url)
    return any(endpoint_of(redirect.leads_to) == here for redirect in redirects)


def _adds(finding: Finding, lasting: list[Finding]) -> bool:
    """Tell whether a finding of another port says more than those of the paths."""
    if any((f.code, f.vendor) == (finding.code, finding.vendor) for f in lasting):
        return False
    best = max((f.standing for f in lasting), default=None)
    if best is None or finding.standing is Standing.REACHED:
        return True
    # A welcome page or a wall on another port says nothing of what stands behind this one.
    hides = finding.standing is Standing.WALLED and best is Standing.ANSWERED
    return finding.standing > best and not hides
