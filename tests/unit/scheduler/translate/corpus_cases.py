"""Facts as a prober reports them, and the case that an export of their review is."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from outscope.v1 import check_pb2
from services.prober.facts import HostFacts
from services.prober.judge.decide import verdict_for
from services.prober.kept import facts_kept, kept_facts
from services.prober.report import result_report
from services.scheduler.domain.check import CheckOptions, CheckSpec
from services.scheduler.domain.review import Review, ReviewCase, ReviewReason, ReviewState
from services.scheduler.translate.corpus_case import corpus_case_text
from tests.unit.prober.reporting import JOB, OBSERVER

REVIEW = Review(
    id="rev_1",
    check_id="chk_1",
    state=ReviewState.OPEN,
    reason=ReviewReason.OTHER,
    comment="Nobody is challenged.\nThere.",
    expected={},
    created_at=datetime(2026, 4, 21, 10, 0, tzinfo=UTC),
    closed_at=None,
    answer="",
)


def reported(facts: HostFacts) -> tuple[check_pb2.CheckResult, bytes]:
    """Return what a prober reports of facts, and what is kept of them."""
    result = result_report(JOB, facts, verdict_for(facts), OBSERVER).result
    return result, kept_facts(facts)


def judged_again(facts: HostFacts) -> HostFacts:
    """Return the facts that a rejudgement is of."""
    return facts_kept(facts.spec, *reported(facts))


def as_exported(facts: HostFacts) -> HostFacts:
    """Return facts without as whom we came: a case has it not, and nothing is decided by it."""
    return replace(facts, egress_addresses=(), user_agent="")


def exported(facts: HostFacts, review: Review = REVIEW) -> dict[str, Any]:
    """Return the case that an export writes of a review of these facts."""
    result, kept = reported(facts)
    spec = CheckSpec(
        fqdn=facts.spec.fqdn,
        ports=facts.spec.ports,
        paths=facts.spec.paths,
        vantage_point="eu-west-1",
        include_content_sample=False,
        content_retention_days=7,
        options=CheckOptions(max_redirects=facts.spec.max_redirects),
    )
    case = ReviewCase(review=review, spec=spec, result=result.SerializeToString(), kept=kept)
    written: dict[str, Any] = json.loads(corpus_case_text(case, kept))
    return written


def confirmed(written: dict[str, Any]) -> dict[str, Any]:
    """Return a case that somebody has settled as it stands."""
    return {name: value for name, value in written.items() if name != "unconfirmed"}
