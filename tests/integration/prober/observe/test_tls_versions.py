"""Which versions of TLS a port accepts, found out on real servers of each and on hostile ones."""

import asyncio
import ssl
from dataclasses import replace

import pytest

from outscope.netguard.dial import Denied
from outscope.netguard.policy import Policy
from services.prober.check import Checked
from services.prober.facts import CheckSpec, HostFacts, OutcomeCode, TlsVersion
from services.prober.judge.decide import verdict_for
from services.prober.observe.capacity import Places
from services.prober.observe.client_hello import NOISE_BYTES, TLS_1_2, VERSIONS, Offer
from services.prober.observe.tls_versions import offered
from tests.integration.prober.conftest import NAME, Lab
from tests.integration.prober.observe.test_tcp import dialler
from tests.targets import hostile
from tests.targets.certificates import Authority, Issued, rsa_key
from tests.targets.hostile_tls import shattered, warning_alert
from tests.targets.http import HttpServer, response
from tests.targets.old_tls import (
    by_offer,
    context_between,
    insists_on,
    offered_versions,
    serving,
)
from tests.targets.serve import Handler, filtered_port, own_address, refused_port, serve

SITE = {"/": response(200, b"<title>Site</title>"), "/a": response(200, b"a")}
NAMES = tuple(VERSIONS)
HANDSHAKE_FAILURE, PROTOCOL_VERSION, INAPPROPRIATE_FALLBACK, UNRECOGNIZED_NAME = 40, 70, 86, 112
RSA_WITH_3DES = 0x000A
UNSUPPORTED = OutcomeCode.TLS_PROTOCOL_UNSUPPORTED


class Counted:
    """Counts the connections a handler gets, and how many of them are open."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.connections = 0
        self.most_open = 0
        self._open = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open += 1
        self.most_open = max(self.most_open, self._open)
        try:
            await self._handler(reader, writer)
        finally:
            self._open -= 1


async def facts_of(lab: Lab, *ports: int, tls_versions: bool = True) -> HostFacts:
    spec = CheckSpec(fqdn=NAME, ports=ports, paths=("/", "/a"), tls_versions=tls_versions)
    facts = await lab.runner().observe(spec)
    assert isinstance(facts, HostFacts), facts
    return facts


async def versions_of(lab: Lab, port: int) -> dict[str, TlsVersion]:
    facts = await facts_of(lab, port)
    tls = facts.ports[0].tls
    assert tls is not None
    assert tuple(each.version for each in tls.versions) == NAMES
    assert all(each.accepted == each.outcome.ok for each in tls.versions)
    return {each.version: each for each in tls.versions}


async def accepted_by(lab: Lab, context: ssl.SSLContext) -> list[str]:
    versions = await versions_of(lab, await lab.serve(serving(context, SITE["/"])))
    refused = {each.outcome.code for each in versions.values() if not each.accepted}
    assert refused <= {UNSUPPORTED}
    return [name for name, version in versions.items() if version.accepted]


async def code_with(lab: Lab, handler: Handler, *, otherwise: bytes = b"") -> OutcomeCode:
    """Return what comes of TLS 1.2 on a server that treats who offers it alone by a handler."""
    port = await lab.serve(
        by_offer({TLS_1_2: handler}, otherwise or hostile.tls_alert(HANDSHAKE_FAILURE))
    )
    versions = await versions_of(lab, port)
    assert versions["TLSv1.3"].outcome.code is OutcomeCode.TLS_ALERT
    return versions["TLSv1.2"].outcome.code


@pytest.mark.parametrize(
    ("oldest", "newest"),
    [(old, new) for at, old in enumerate(NAMES) for new in NAMES[at:]],
)
async def test_what_a_server_takes_is_accepted_and_nothing_else(
    lab: Lab, good: Issued, oldest: str, newest: str
) -> None:
    taken = await accepted_by(lab, context_between(oldest, newest, good))
    assert taken == list(NAMES[NAMES.index(oldest) : NAMES.index(newest) + 1])


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1.1", "TLSv1.2"])
async def test_keys_sent_under_the_certificate_are_enough(
    lab: Lab, authority: Authority, version: str
) -> None:
    context = context_between(version, version, authority.leaf(NAME, key=rsa_key()))
    context.set_ciphers("AES128-SHA:@SECLEVEL=0")
    assert await accepted_by(lab, context) == [version]


async def test_a_server_of_1_2_with_nothing_but_an_elliptic_key_is_accepted(
    lab: Lab, good: Issued
) -> None:
    context = context_between("TLSv1.2", "TLSv1.2", good)
    context.set_ciphers("ECDHE-ECDSA-AES256-GCM-SHA384")
    assert await accepted_by(lab, context) == ["TLSv1.2"]


async def test_a_server_that_asks_for_another_key_accepts_1_3(lab: Lab, good: Issued) -> None:
    context = context_between("TLSv1.3", "TLSv1.3", good)
    context.set_ecdh_curve("secp521r1")
    assert await accepted_by(lab, context) == ["TLSv1.3"]


async def test_a_server_that_wants_a_certificate_of_ours_accepts_the_version(
    lab: Lab, good: Issued, authority: Authority
) -> None:
    context = context_between("TLSv1.2", "TLSv1.3", good)
    context.load_verify_locations(cadata=authority.issued.pem.decode())
    context.verify_mode = ssl.CERT_REQUIRED
    assert await accepted_by(lab, context) == ["TLSv1.2", "TLSv1.3"]


async def test_a_server_of_1_0_with_3des_alone_is_found(lab: Lab) -> None:
    """No library of today has the suite any more."""
    hello = hostile.server_hello_of(b"\x03\x01").replace(b"\x00\x2f\x00", b"\x00\x0a\x00")
    server = insists_on(RSA_WITH_3DES, hello, hostile.tls_alert(HANDSHAKE_FAILURE))
    versions = await versions_of(lab, await lab.serve(server))
    assert [name for name in NAMES if versions[name].accepted] == ["TLSv1"]
    assert {versions[name].outcome.code for name in NAMES[1:]} == {UNSUPPORTED}


async def test_who_answers_with_another_version_accepts_none_but_that(lab: Lab) -> None:
    port = await lab.serve(hostile.says(hostile.server_hello_of(b"\x03\x02")))
    versions = await versions_of(lab, port)
    assert [name for name in NAMES if versions[name].accepted] == ["TLSv1.1"]
    assert versions["TLSv1.2"].outcome.code is UNSUPPORTED


@pytest.mark.parametrize(
    ("description", "code"),
    [
        (PROTOCOL_VERSION, UNSUPPORTED),
        (INAPPROPRIATE_FALLBACK, UNSUPPORTED),
        (HANDSHAKE_FAILURE, OutcomeCode.TLS_ALERT),
        (UNRECOGNIZED_NAME, OutcomeCode.TLS_SNI_REFUSED),
    ],
)
async def test_an_alert_refuses_and_says_why(lab: Lab, description: int, code: OutcomeCode) -> None:
    assert await code_with(lab, hostile.says(hostile.tls_alert(description))) is code


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (hostile.closes_at_once, OutcomeCode.TLS_CLOSED),
        (hostile.resets_at_once, OutcomeCode.TLS_RESET),
        (hostile.says(warning_alert, then="close"), OutcomeCode.TLS_ALERT),
        (hostile.says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), OutcomeCode.TLS_NOT_TLS),
        (hostile.says(b"\x16\x03\x03\x00\x04\x0b\x00\x00\x00"), OutcomeCode.TLS_MALFORMED),
        (hostile.repeats(b"", warning_alert), OutcomeCode.TLS_MALFORMED),
    ],
)
async def test_what_proves_nothing_is_not_accepted_and_says_why(
    lab: Lab, handler: Handler, code: OutcomeCode
) -> None:
    assert await code_with(lab, handler) is code


async def test_a_server_that_hangs_is_given_its_time_and_no_more(lab: Lab) -> None:
    alert = hostile.tls_alert(HANDSHAKE_FAILURE)
    hangs = by_offer({TLS_1_2: hostile.silent}, alert)
    versions = await versions_of(lab, await lab.serve(hangs))
    outcome = versions["TLSv1.2"].outcome
    assert outcome.code is OutcomeCode.TLS_TIMEOUT
    assert 750 <= outcome.duration_ms <= 3000
    # The older ones are tried all the same.
    assert versions["TLSv1"].outcome.code is OutcomeCode.TLS_ALERT


def drips(words: bytes) -> Handler:
    async def handler(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in words:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.001)

    return handler


async def test_a_server_hello_that_drips_in_pieces_is_read(lab: Lab) -> None:
    hello = hostile.server_hello_of(b"\x03\x03")
    assert await code_with(lab, hostile.says(shattered(hello))) is OutcomeCode.OK
    assert await code_with(lab, drips(hello)) is OutcomeCode.OK


@pytest.mark.parametrize("asked", [False, True])
async def test_only_who_asks_costs_connections_one_for_each_version_not_known_yet(
    lab: Lab, good: Issued, *, asked: bool
) -> None:
    server = Counted(serving(context_between("TLSv1.2", "TLSv1.3", good), SITE["/"]))
    port = await lab.serve(server)
    spec = CheckSpec(fqdn=NAME, ports=(port,), tls_versions=asked)
    facts = await lab.runner().observe(spec)
    assert isinstance(facts, HostFacts)
    tls = facts.ports[0].tls
    assert tls is not None
    assert tls.version == "TLSv1.3"
    assert server.connections == (1 + 3 if asked else 1)
    # One after another, where the end of one may still be on its way.
    assert server.most_open <= 2
    assert [each.version for each in tls.versions if each.accepted] == (
        ["TLSv1.2", "TLSv1.3"] if asked else []
    )
    if asked:  # what is known already is told of the handshake that it was seen in
        assert tls.versions[-1].outcome == tls.outcome


async def test_a_port_without_tls_gets_no_connection_more(lab: Lab) -> None:
    counts = []
    for asked in (False, True):
        server = Counted(HttpServer(SITE))
        port = await lab.serve(server)
        facts = await facts_of(lab, port, tls_versions=asked)
        assert facts.ports[0].tls is None
        counts.append(server.connections)
    assert counts[0] == counts[1]


async def test_only_the_address_whose_facts_these_are_is_asked(lab: Lab, good: Issued) -> None:
    other = own_address()
    lab.zone[NAME] = (lab.host, other)
    context = context_between("TLSv1.2", "TLSv1.3", good)
    port = await lab.stack.enter_async_context(serve(HttpServer(SITE), tls=context, host=lab.host))
    second = Counted(hostile.silent)
    await lab.stack.enter_async_context(serve(second, host=other, port=port))
    versions = await versions_of(lab, port)
    assert versions["TLSv1.2"].accepted
    assert second.connections == 1  # the survey's


async def test_the_verdict_is_the_same_whatever_the_versions_came_to(
    lab: Lab, good: Issued
) -> None:
    """The server takes offence at TLS 1.1, and from then on answers nobody."""
    context = context_between("TLSv1.2", "TLSv1.3", good)
    verdicts = []
    for asked in (False, True):
        port = await lab.serve(takes_offence(context))
        spec = CheckSpec(fqdn=NAME, ports=(port,), tls_versions=asked)
        checked = await lab.runner().run(spec)
        assert isinstance(checked, Checked)
        verdicts.append(checked.verdict)
        tls = checked.facts.ports[0].tls
        assert tls is not None
        assert [each.outcome.code for each in tls.versions] == (
            [OutcomeCode.TLS_TIMEOUT] * 2 + [OutcomeCode.OK] * 2 if asked else []
        )
    assert verdicts[0] == verdicts[1]
    assert verdicts[0].analyzable


def takes_offence(context: ssl.SSLContext) -> Handler:
    offended = asyncio.Event()

    def ignores(hello: bytes) -> bool:
        if max(offered_versions(hello)) < TLS_1_2:
            offended.set()
        return offended.is_set()

    return serving(context, SITE["/"], ignores=ignores)


async def test_the_end_of_the_check_ends_the_asking_and_cuts_nothing_else_short(
    lab: Lab, good: Issued
) -> None:
    lab.limits = replace(lab.limits, tls_timeout_s=5.0, deadline_s=2.0)
    port = await lab.serve(takes_offence(context_between("TLSv1.2", "TLSv1.3", good)))
    started_s = asyncio.get_running_loop().time()
    spec = CheckSpec(fqdn=NAME, ports=(port,), tls_versions=True)
    facts = await lab.runner().observe(spec)
    assert asyncio.get_running_loop().time() - started_s < 4.0
    assert isinstance(facts, HostFacts)
    assert not facts.deadline_hit
    tls = facts.ports[0].tls
    assert tls is not None
    oldest, older, *_ = tls.versions
    assert (older.outcome.code, oldest.outcome.code) == (OutcomeCode.HTTP_NOT_ASKED,) * 2
    verdict = verdict_for(facts)
    assert "check_cut_short" in [reason.code for reason in verdict.reasons[1:]]
    assert (str(verdict.analyzability), str(verdict.confidence)) == ("analyzable", "high")
    assert older.outcome.duration_ms > 0
    assert oldest.outcome.duration_ms == 0  # nobody was asked any more


async def test_every_place_is_given_back(lab: Lab, good: Issued) -> None:
    lab.places = Places(1)
    port = await lab.stack.enter_async_context(
        serve(HttpServer(SITE), tls=context_between("TLSv1", "TLSv1.3", good), host=lab.host)
    )
    versions = await versions_of(lab, port)
    assert all(version.accepted for version in versions.values())
    await asyncio.sleep(0.05)
    async with asyncio.timeout(1):
        await lab.places.take(asyncio.get_running_loop().time() + 1)


def offer() -> Offer:
    return Offer(version=TLS_1_2, server_name=NAME, noise=bytes(NOISE_BYTES))


async def test_a_port_that_does_not_take_the_connection_any_more_is_told_as_such() -> None:
    with refused_port() as port:
        refused = await offered(offer(), "127.0.0.1", dialler(port), 1.0)
    assert refused.code is OutcomeCode.TCP_REFUSED
    host = own_address()
    with filtered_port(host) as port:
        dial = replace(dialler(port), timeout_s=0.2)
        filtered = await offered(offer(), host, dial, 1.0)
    assert filtered.code is OutcomeCode.TCP_TIMEOUT
    assert filtered.duration_ms >= 150


async def test_an_address_that_policy_forbids_is_not_asked() -> None:
    server = Counted(hostile.silent)
    async with serve(server) as port:
        with pytest.raises(Denied):
            await offered(offer(), "127.0.0.1", dialler(port, Policy()), 1.0)
    assert server.connections == 0


async def test_a_connection_we_have_no_place_for_is_our_fault() -> None:
    places = Places(1)
    loop = asyncio.get_running_loop()
    held = await places.take(loop.time() + 1)
    server = Counted(hostile.silent)
    async with serve(server) as port:
        dial = replace(dialler(port), places=places, deadline=loop.time() + 0.1)
        outcome = await offered(offer(), "127.0.0.1", dial, 1.0)
    held.give_back()
    assert outcome.code is OutcomeCode.INTERNAL
    assert server.connections == 0


async def test_a_defect_of_ours_is_raised_and_is_no_fact_about_the_target(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_answer: object, _received: bytes) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("services.prober.observe.tls_versions.Answer.feed", broken)
    async with serve(hostile.says(hostile.tls_alert(HANDSHAKE_FAILURE))) as port:
        with pytest.raises(ZeroDivisionError):
            await offered(offer(), "127.0.0.1", dialler(port), 1.0)
