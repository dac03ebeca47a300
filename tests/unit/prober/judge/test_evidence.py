"""Every field that evidence names is in the answer that shows the evidence."""

import re
from typing import Any

import pytest

from outscope.representation.check import check_representation
from outscope.v1 import check_pb2, messages_pb2
from services.prober.facts import HostFacts, Outcome, OutcomeCode, PathFacts, TcpState, TlsFlag
from services.prober.judge.decide import verdict_for
from services.prober.report import Observer, result_report
from tests.unit.prober.judge.shapes import (
    answer,
    dns,
    followed,
    host,
    json,
    port,
    redirect,
    text,
    tls,
    unanswered,
)
from tests.unit.prober.reporting import OBSERVER

_STEP = re.compile(r"(\w+)(?:\[(\d+)\])?")

NOWHERE = PathFacts(path="/", outcome=Outcome(code=OutcomeCode.HTTP_NO_ENDPOINT))
LATE = PathFacts(path="/", outcome=Outcome(code=OutcomeCode.HTTP_TIMEOUT))
OTHER = "https://shop.example.com:8443"
WWW = "https://www.shop.example.com"
SITE = "<title>Shop</title>Shoes"
FORBIDDEN = answer(403, "x")
RANDOM = "/k3v9x0q2m7t5w8r1b6zd"


def beside(probe: PathFacts) -> HostFacts:
    return host(FORBIDDEN, ports=(port(443, probe=FORBIDDEN), port(8443, probe=probe)))


SHAPES = {
    "no name": host(NOWHERE, ports=(), name=dns(OutcomeCode.DNS_NXDOMAIN)),
    "no port": host(NOWHERE, ports=(port(state=TcpState.REFUSED, tcp=OutcomeCode.TCP_REFUSED),)),
    "no handshake": host(
        NOWHERE, ports=(port(tls_outcome=OutcomeCode.TLS_ALERT, http=OutcomeCode.HTTP_NOT_HTTP),)
    ),
    "no answer": host(LATE, ports=(port(),)),
    "nothing at all": host(NOWHERE, ports=()),
    "cut short": host(answer(200, SITE), deadline_hit=True),
    "a bad certificate": host(answer(200, SITE), ports=(port(tls=tls(TlsFlag.EXPIRED)),)),
    "content": host(answer(200, SITE)),
    "content without a title": host(json(200, "{}")),
    "a redirect": host(redirect("https://www.example.com/")),
    "an allowed method": host(answer(405, "x", headers={"allow": "POST"})),
    "a rate": host(answer(503, "x", headers={"retry-after": "9"})),
    "credentials": host(answer(401, "x", headers={"www-authenticate": "Basic"})),
    "a header that is not always shown": host(
        answer(202, "", headers={"x-amzn-waf-action": "challenge"})
    ),
    "a cookie": host(answer(200, SITE, headers={"set-cookie": "__cf_bm=1"})),
    "content on another port": beside(answer(200, SITE, base=OTHER)),
    "JSON on another port": beside(answer(200, "{}", base=OTHER, kind="application/json")),
    "a challenge on another port": beside(
        answer(202, "", base=OTHER, headers={"x-amzn-waf-action": "challenge"})
    ),
    "a redirect on another port": beside(
        answer(301, base=OTHER, headers={"location": "https://elsewhere.org/"})
    ),
    "credentials on another port": beside(
        answer(401, "x", base=OTHER, headers={"www-authenticate": "Basic"})
    ),
    "content after redirects": host(
        followed(
            redirect("/a"), redirect(WWW, path="/a"), answer(200, SITE, base=WWW), others=[LATE]
        )
    ),
    "a challenge after a redirect": host(
        followed(redirect("/a"), answer(202, "", headers={"x-amzn-waf-action": "challenge"}))
    ),
    "a circle": host(followed(redirect("/a"), unanswered(OutcomeCode.HTTP_REDIRECT_LOOP, "/a"))),
    "a hop that was refused": host(
        followed(
            redirect("https://other.org/"),
            unanswered(OutcomeCode.POLICY_REFUSED, base="https://other.org"),
        )
    ),
    "a redirect at the limit": host(
        followed(redirect("/a"), redirect("/b", path="/a")), max_redirects=1
    ),
    "addresses that differ": host(
        followed(answer(200, SITE), others=[answer(503, "x"), answer(200, SITE), LATE])
    ),
    "a load balancer's own error": host(answer(404, "x", headers={"server": "awselb/2.0"})),
    "an application's error through a content network": host(
        answer(403, "x", headers={"cf-ray": "1", "x-runtime": "0.1"})
    ),
    "a wall and a file": host(
        answer(403, "x", headers={"cf-mitigated": "challenge"}),
        answer(200, "body{}", path="/a.css", kind="text/css"),
    ),
    "a wall on one address": host(
        followed(
            answer(200, SITE), others=(answer(403, "x", headers={"cf-mitigated": "challenge"}),)
        )
    ),
    "a page on the way of a content network": host(
        followed(redirect("/en", x_amz_cf_id="1"), answer(200, SITE, path="/en"))
    ),
    "a link to a description": host(
        json(200, "{}", headers={"link": "</openapi.json>; rel=service-desc"})
    ),
    "a call that gRPC refuses": host(
        answer(200, b"", kind="application/grpc", headers={"grpc-status": "16"})
    ),
    "plain text": host(text(404, "404 page not found")),
    "a page that any path gets": host(
        answer(200, SITE, path="/app"), control=answer(200, SITE, path=RANDOM)
    ),
    "a denial that any path gets": host(
        answer(403, "x", headers={"server": "awselb/2.0"}), control=answer(403, "x", path=RANDOM)
    ),
    "a denial of everything": host(FORBIDDEN, control=answer(403, "x", path=RANDOM)),
    "a denial of one path": host(FORBIDDEN, control=answer(404, "x", path=RANDOM)),
    "documentation that is denied": host(
        answer(200, SITE),
        control=answer(404, "x", path=RANDOM),
        discovered=(answer(401, "x", path="/docs"),),
    ),
    "a header of what was discovered": host(
        answer(404, "x"),
        discovered=(answer(200, SITE, path="/docs", headers={"x-amz-cf-id": "1"}),),
    ),
}


def shown(facts: HostFacts) -> dict[str, Any]:
    """Return a check as GET shows it."""
    job = messages_pb2.ProbeJob(probe_id="prb_1", check_id="chk_1", attempt=1)
    observer: Observer = OBSERVER
    report = result_report(job, facts, verdict_for(facts), observer)
    return check_representation(check_pb2.Check(id="chk_1", result=report.result))


def value_at(field: str, check: Any) -> Any:  # noqa: ANN401 - any JSON
    path, is_header, name = field.partition(".headers.")
    for step in path.split("."):
        match = _STEP.fullmatch(step)
        assert match is not None, field
        check = check[match[1]]
        check = check if match[2] is None else check[int(match[2])]
    if not is_header:
        return check
    return next(header["value"] for header in check["headers"] if header["name"] == name)


@pytest.mark.parametrize("name", SHAPES)
def test_every_field_of_evidence_is_in_the_answer(name: str) -> None:
    check = shown(SHAPES[name])
    reasons = check["analysis"]["reasons"]
    assert reasons
    analysis = check["analysis"]
    paths = analysis["authentication"]["paths"] if analysis["authentication"] else []
    for each in (*reasons, *analysis["layers"], *paths, *analysis["documents"]):
        for evidence in each["evidence"]:
            assert value_at(evidence["field"], check) not in (None, ""), evidence


def test_another_ports_finding_is_among_them() -> None:
    check = shown(SHAPES["content on another port"])
    fields = [item["field"] for item in check["analysis"]["reasons"][0]["evidence"]]
    assert fields == ["ports[1].probe.status_code", "ports[1].probe.title"]
    assert value_at(fields[1], check) == "Shop"
