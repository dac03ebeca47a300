"""What the answer to a random path takes from the answers to the others.

Law: a path that brings what a path brings that cannot exist shows nothing of itself. The front page
is exempt: it is what others are answered with.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from services.prober.facts import HostFacts
from services.prober.judge.app_shell import app_shell_in
from services.prober.judge.codes import Code, Standing
from services.prober.judge.findings import Finding, finding_for
from services.prober.judge.json_members import document_in
from services.prober.judge.layers import Present
from services.prober.judge.names import without_userinfo
from services.prober.judge.page import Form, Page, page_of
from services.prober.judge.redirects import REDIRECTS
from services.prober.judge.sender import sender_of
from services.prober.judge.verdict import Evidence, seen

SOFT_404: Final = "control.soft_404"
_WHERE: Final = "control"
_FORBIDDEN: Final = 403
_DENIALS: Final = frozenset({401, 403})
# What a server answers for a path it does not have, when it denies nobody as such.
_MISSING: Final = frozenset({400, 404, 405, 410})
# By how much two pages may differ that one template made: tokens, the time, the path itself.
_LEAST_CHARS: Final = 32
_PART: Final = 100
# Its own error for what a bucket denies, and for what its firewall does.
_UNDECIDED: Final = "CloudFront"
_OF_DOCUMENTATION: Final = re.compile(r"(?<![a-z])docs?(?![a-z])|swagger|openapi|redoc")


def control_of(facts: HostFacts) -> Page | None:
    """Return the answer to the random path; None when none was asked, or none came."""
    return None if facts.control is None else page_of(_WHERE, facts.control)


def discovered_pages(facts: HostFacts, control: Page | None) -> tuple[Page, ...]:
    """Return the answers to what nobody asked for, without those that show nothing."""
    pages = (page_of(f"discovered[{i}]", each, control) for i, each in enumerate(facts.discovered))
    return tuple(page for page in pages if page is not None and not is_of_control(page, control))


def is_of_control(page: Page, control: Page | None) -> bool:
    """Tell an answer that any other path would have got as well; never so of the front page."""
    if control is None or page.is_front:
        return False
    first = page.before[0] if page.before else page
    return resembles(first, control)


def resembles(page: Page, control: Page) -> bool:
    """Tell whether two answers are the same but for what names their path, or changes by itself."""
    if page.status != control.status:
        return False
    if page.status in REDIRECTS:
        return bool(page.location) and _destination(page) == _destination(control)
    if page.body_sha256 == control.body_sha256:
        return True
    if page.form is not control.form or not page.text or not control.text:
        return False
    ours, theirs = _without(page.path, page.text), _without(control.path, control.text)
    if page.form is not Form.HTML or not page.title:
        return ours == theirs
    slack = max(_LEAST_CHARS, len(theirs) // _PART)
    is_titled_alike = _without(page.path, page.title) == _without(control.path, control.title)
    return is_titled_alike and abs(len(ours) - len(theirs)) <= slack


def _destination(page: Page) -> tuple[str, list[str]]:
    """Return where a redirect leads, but for its path, and without the values in its query."""
    address, _, query = without_userinfo(page.location).partition("#")[0].partition("?")
    return _without(page.path, address), [part.partition("=")[0] for part in query.split("&")]


def _without(path: str, text: str) -> str:
    """Return a text with a mark wherever it names a path."""
    for spelling in (path, quote(path, safe=""), path[1:]):
        if len(spelling) > 1:
            text = text.replace(spelling, "*")
    return text


def gated(
    findings: tuple[Finding, ...],
    control: Page | None,
    present: Mapping[str, Present],
    facts: HostFacts,
) -> tuple[Finding, ...]:
    """Return the findings as what the random path showed lets them stand."""
    if control is None:
        return findings
    return tuple(
        _ambiguous(finding, control, present[finding.page.where], facts)
        if finding.code is Code.AMBIGUOUS
        else _content(finding, findings, control)
        for finding in findings
    )


def _content(finding: Finding, findings: tuple[Finding, ...], control: Page) -> Finding:
    """Return content that any path has as what it is: a page that says it is not there.

    An application's shell, or a site that shows its front page everywhere, is content all the same.
    """
    page = finding.page
    if finding.code is not Code.CONTENT_SERVED or not is_of_control(page, control) or page.before:
        return finding
    fronts = (each.page for each in findings if each.page.is_front)
    if app_shell_in(page) or any(resembles(front, control) for front in fronts):
        return finding
    evidence = _both(SOFT_404, page, control)
    return replace(finding, code=Code.SOFT_NOT_FOUND, evidence=evidence)


def _ambiguous(finding: Finding, control: Page, present: Present, facts: HostFacts) -> Finding:
    """Return a denial as one of everything, or of this path alone, where the control shows it."""
    page = finding.page
    if page.status != _FORBIDDEN:
        return finding
    if resembles(page, control):
        evidence = (*finding.evidence, *_both("control.denied", page, control)[1:])
        sender = sender_of(finding, "")
        if sender is not None and sender.vendor != _UNDECIDED:
            shown = (*_both("control.block", page, control), *sender.evidence)
            return replace(finding, code=Code.BLOCK, vendor=sender.vendor, evidence=shown)
        return replace(finding, code=Code.DENIED_ALIKE, evidence=evidence)
    is_missing = control.is_ok or control.status in _MISSING
    is_told_by_it = not present or _is_told_alike(page, control)
    if is_missing and is_told_by_it and not finding.vendor and not _is_walled(control, facts):
        evidence = _both("control.path_denied", page, control)
        return replace(finding, code=Code.PATH_DENIED, evidence=evidence)
    return finding


def _is_told_alike(page: Page, control: Page) -> bool:
    """Tell whether one application wrote both as its errors, whoever stands in front of it."""
    ours, theirs = (
        document_in(each.text) if each.form is Form.JSON else None for each in (page, control)
    )
    return bool(ours and theirs and ours.members.keys() & theirs.members.keys())


def _both(rule: str, page: Page, control: Page) -> tuple[Evidence, ...]:
    """Return what an answer and the control have in common, or not."""
    shown = [
        seen(rule, f"{page.where}.status_code", page.status),
        seen(rule, f"{_WHERE}.status_code", control.status),
    ]
    if control.body_sha256 and control.body_sha256 == page.body_sha256:
        shown.append(seen(rule, f"{_WHERE}.body_sha256", control.body_sha256))
    return tuple(shown)


def _is_walled(page: Page, facts: HostFacts) -> bool:
    return finding_for(page, facts).standing is Standing.WALLED


def protected_documentation(
    page: Page, control: Page | None, facts: HostFacts, named: frozenset[str]
) -> tuple[Evidence, ...]:
    """Return what shows documentation that is there and denied; empty when nothing does.

    It would be where paths are called so, and at the addresses that viewers and links name.
    """
    if control is None or page.status not in _DENIALS or control.status in _DENIALS:
        return ()
    if control.status not in _MISSING and not control.is_ok:
        return ()
    is_called_so = _OF_DOCUMENTATION.search(page.path.lower().partition("?")[0])
    if not is_called_so and page.url not in named:
        return ()
    return () if _is_walled(page, facts) else _both("documentation.protected", page, control)
