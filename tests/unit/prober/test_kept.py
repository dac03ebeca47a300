import zlib
from dataclasses import fields, replace

import pytest

from outscope.v1 import facts_pb2, messages_pb2
from services.prober.facts import (
    CheckSpec,
    DnsRecords,
    HostFacts,
    Outcome,
    OutcomeCode,
    PathFacts,
    Redirect,
    TlsFlag,
    TlsVersion,
)
from services.prober.judge.decide import verdict_for
from services.prober.kept import NothingKeptError, answers_in, facts_kept, kept_facts
from services.prober.observe.redact import redacted
from services.prober.report import result_report
from tests.unit.prober.judge.shapes import answer, followed, host, json, port, redirect, tls
from tests.unit.prober.judge.test_chain import CASES
from tests.unit.prober.reporting import FACTS, JOB, OBSERVER, OK, PATH, seen_by_observer

RANDOM = "/k3v9x0q2m7t5w8r1b6zd"
HANDSHAKE = FACTS.ports[0].tls
assert HANDSHAKE is not None
HOP = Redirect(
    answer=replace(PATH, path="/y", url="https://site.test/y", body=b"\xff\x00 no UTF-8"),
    cross_host=True,
    tls=HANDSHAKE,
    denial="loopback",
)
ELSEWHERE = replace(PATH, address="192.0.2.2", body=b"other")
REFUSED = Redirect(
    answer=PathFacts(
        path="/",
        outcome=Outcome(code=OutcomeCode.POLICY_REFUSED),
        url="http://inner.example/",
    ),
    cross_host=True,
    denial="private use",
)
CONTROL = replace(PATH, path="/random", body=b"a random path")
EVERYTHING = replace(
    FACTS,
    spec=CheckSpec(fqdn="site.test", ports=(443, 80), paths=("/x",), max_redirects=2),
    dns=replace(
        FACTS.dns,
        records=(DnsRecords(kind="mx", name="site.test", outcome=OK, values=("10 a.",), ttl_s=5),),
    ),
    ports=(
        replace(
            FACTS.ports[0],
            tls=replace(
                HANDSHAKE,
                versions=(
                    TlsVersion(
                        version="TLSv1",
                        accepted=False,
                        outcome=Outcome(code=OutcomeCode.TLS_PROTOCOL_UNSUPPORTED),
                    ),
                ),
            ),
            banner=b"220 hello",
            service="smtp",
        ),
        *FACTS.ports[1:],
    ),
    paths=(replace(PATH, redirects=(HOP,), other_addresses=(ELSEWHERE,)),),
    control=CONTROL,
    discovered=(replace(PATH, path="/docs"), ELSEWHERE),
    deadline_hit=True,
)
LOGIN = "<title>Sign in</title><form><input name=user><input type=password></form>"
SHAPES = {
    "a challenge": host(
        answer(403, "<title>Just a moment...</title>", headers={"cf-mitigated": "challenge"})
    ),
    "an API that asks": host(json(401, '{"error":"unauthorized"}')),
    "a redirect to an identity provider": host(
        redirect("https://login.microsoftonline.com/x/oauth2/authorize?client_id=a&state=secret")
    ),
    "a login page": host(answer(200, LOGIN)),
    "cookies of a bot defence": host(
        answer(403, "denied", headers=(("set-cookie", "datadome=abc; Path=/"),))
    ),
    "another port": host(
        answer(403, "x"), ports=(port(443, tls=tls()), port(8443, probe=answer(200, LOGIN)))
    ),
    "addresses that differ": host(followed(answer(200, LOGIN), others=[answer(503, "x")])),
    "a page that any path gets": host(
        answer(200, "<p>Gone", path="/app"), control=answer(200, "<p>Gone", path=RANDOM)
    ),
    "a redirect that any path gets, with a state of its own": host(
        redirect("/docs/?state=secret-a", path="/openapi.json"),
        control=redirect("/docs/?state=secret-b", path=RANDOM),
    ),
    "a denial of everything": host(
        answer(403, "no", headers={"server": "awselb/2.0"}), control=answer(403, "no", path=RANDOM)
    ),
    "a redirect that the policy refuses": host(
        replace(redirect("http://inner.example/"), redirects=(REFUSED,))
    ),
    "a hop with a certificate that nobody trusts": host(
        replace(
            redirect("https://www.shop.example.com/"),
            redirects=(
                Redirect(
                    answer=answer(200, "<p>Shoes", base="https://www.shop.example.com"),
                    cross_host=True,
                    tls=tls(TlsFlag.EXPIRED),
                ),
            ),
        )
    ),
    "a description beyond the paths": host(
        answer(404, "gone"),
        control=answer(404, "gone", path=RANDOM),
        discovered=(
            answer(404, "", path="/docs"),
            json(200, '{"openapi": "3.1.0", "paths": {}}', path="/openapi.json"),
        ),
    ),
    **{name: facts for name, (facts, _) in CASES.items()},
}


def again(facts: HostFacts) -> HostFacts:
    result = result_report(JOB, facts, verdict_for(facts), OBSERVER).result
    return facts_kept(facts.spec, result, kept_facts(facts))


def without_credentials(path: PathFacts) -> PathFacts:
    return replace(
        path,
        headers=redacted(path.headers),
        redirects=tuple(
            replace(hop, answer=without_credentials(hop.answer)) for hop in path.redirects
        ),
        other_addresses=tuple(map(without_credentials, path.other_addresses)),
    )


def test_every_fact_comes_back_but_for_the_credentials() -> None:
    expected = replace(
        EVERYTHING,
        ports=tuple(
            replace(each, probe=without_credentials(each.probe)) if each.probe else each
            for each in EVERYTHING.ports
        ),
        paths=tuple(map(without_credentials, EVERYTHING.paths)),
        control=without_credentials(CONTROL),
        discovered=tuple(map(without_credentials, EVERYTHING.discovered)),
    )
    assert again(EVERYTHING) == seen_by_observer(expected)


def test_the_facts_it_is_tried_on_have_something_in_every_field() -> None:
    """A fact added later must come back too, or be named here."""
    path = EVERYTHING.paths[0]
    empty = PathFacts(path="", outcome=OK)
    same = {
        each.name for each in fields(path) if getattr(path, each.name) == getattr(empty, each.name)
    }
    assert same <= {"outcome", "charset"}
    (hop,) = path.redirects
    assert all(getattr(hop, each.name) for each in fields(hop))


def test_no_credential_is_kept() -> None:
    raw = zlib.decompress(kept_facts(EVERYTHING))
    assert b"sid=secret" not in raw
    assert b"sid=[redacted]" in raw
    assert b"kept in samples" in raw


@pytest.mark.parametrize("name", SHAPES)
def test_the_verdict_is_the_same_again(name: str) -> None:
    facts = seen_by_observer(SHAPES[name])
    first, second = verdict_for(facts), verdict_for(again(facts))
    assert replace(second, reasons=()) == replace(first, reasons=())
    assert [(one.code, one.message) for one in second.reasons] == [
        (one.code, one.message) for one in first.reasons
    ]


def test_every_answer_has_its_place() -> None:
    assert [where for where, _ in answers_in(EVERYTHING)] == [
        "paths[0]",
        "paths[0].redirects[0].answer",
        "paths[0].other_addresses[0]",
        "ports[0].probe",
        "control",
        "discovered[0]",
        "discovered[1]",
    ]


def test_more_than_can_be_kept_is_not_kept_and_said_so() -> None:
    long = replace(PATH, body=b"x" * 65536)
    most = replace(FACTS, paths=(long,) * 31)
    assert again(most).paths == tuple(map(without_credentials, most.paths))
    assert kept_facts(replace(FACTS, paths=(long,) * 33)) == b""
    with pytest.raises(NothingKeptError, match="too long to keep"):
        again(replace(FACTS, paths=(long,) * 33))


def compressed(message: messages_pb2.KeptFacts) -> bytes:
    return zlib.compress(message.SerializeToString())


@pytest.mark.parametrize(
    ("kept", "why"),
    [
        (b"", "deleted"),
        (b"no zlib", "cannot be read"),
        (kept_facts(FACTS)[:-8], "cut off"),
        (zlib.compress(b"\xff\xff"), "cannot be read"),
        (zlib.compress(bytes(20 * 1024 * 1024)), "cut off"),
        (compressed(messages_pb2.KeptFacts()), r"of paths\[0\] nothing is kept"),
    ],
)
def test_what_cannot_be_read_is_told(kept: bytes, why: str) -> None:
    result = result_report(JOB, FACTS, verdict_for(FACTS), OBSERVER).result
    with pytest.raises(NothingKeptError, match=why):
        facts_kept(FACTS.spec, result, kept)


def test_what_a_later_version_observed_is_not_guessed_at() -> None:
    result = result_report(JOB, FACTS, verdict_for(FACTS), OBSERVER).result
    result.ports[0].tls.flags.append("of_tomorrow")
    with pytest.raises(NothingKeptError, match=r"newer version.*of_tomorrow"):
        facts_kept(FACTS.spec, result, kept_facts(FACTS))
    result.ports[0].ClearField("tls")
    result.ports[0].tcp_outcome.code = facts_pb2.OutcomeCode.ValueType(9999)
    with pytest.raises(NothingKeptError, match="9999"):
        facts_kept(FACTS.spec, result, kept_facts(FACTS))
