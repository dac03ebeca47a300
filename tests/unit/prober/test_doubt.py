from dataclasses import replace

import pytest

from services.prober.doubt import is_doubtful
from services.prober.facts import (
    AddressFacts,
    CheckSpec,
    DnsFacts,
    HostFacts,
    Outcome,
    OutcomeCode,
    PathFacts,
    PortFacts,
    Redirect,
    TcpState,
)

OK = Outcome(code=OutcomeCode.OK)
SILENT = Outcome(code=OutcomeCode.HTTP_TIMEOUT)
PATH = PathFacts(path="/", outcome=OK)
SILENT_PATH = PathFacts(path="/", outcome=SILENT)
PORT = PortFacts(port=443, state=TcpState.OPEN, tcp_outcome=OK, tls_outcome=OK, http_outcome=OK)
FACTS = HostFacts(
    spec=CheckSpec(fqdn="site.test"),
    dns=DnsFacts(outcome=OK, a_outcome=OK, aaaa_outcome=OK),
    ports=(PORT,),
    paths=(PATH,),
)
UNREACHABLE = Outcome(code=OutcomeCode.TCP_UNREACHABLE)
GONE = AddressFacts(address="192.0.2.1", state=TcpState.UNREACHABLE, outcome=UNREACHABLE)


def test_what_a_target_itself_says_is_beyond_doubt() -> None:
    assert not is_doubtful(FACTS)
    for code in (OutcomeCode.TCP_REFUSED, OutcomeCode.TCP_RESET):
        port = replace(PORT, tcp_outcome=Outcome(code=code), tls_outcome=None, http_outcome=None)
        assert not is_doubtful(replace(FACTS, ports=(port,)))
    missing = replace(FACTS.dns, outcome=Outcome(code=OutcomeCode.DNS_NXDOMAIN))
    assert not is_doubtful(replace(FACTS, dns=missing, ports=(), paths=()))


@pytest.mark.parametrize(
    "facts",
    [
        replace(FACTS, deadline_hit=True),
        replace(FACTS, dns=replace(FACTS.dns, outcome=Outcome(code=OutcomeCode.DNS_SERVFAIL))),
        replace(FACTS, ports=(PORT, replace(PORT, tcp_outcome=UNREACHABLE))),
        replace(FACTS, ports=(replace(PORT, tls_outcome=Outcome(code=OutcomeCode.TLS_TIMEOUT)),)),
        replace(FACTS, ports=(replace(PORT, http_outcome=SILENT),)),
        replace(FACTS, ports=(replace(PORT, addresses=(GONE,)),)),
        replace(FACTS, paths=(PATH, SILENT_PATH)),
        replace(FACTS, paths=(replace(PATH, other_addresses=(SILENT_PATH,)),)),
        replace(
            FACTS,
            paths=(replace(PATH, redirects=(Redirect(answer=SILENT_PATH, cross_host=False),)),),
        ),
        replace(FACTS, control=SILENT_PATH),
        replace(FACTS, discovered=(PATH, SILENT_PATH)),
    ],
)
def test_silence_may_be_our_own(facts: HostFacts) -> None:
    assert is_doubtful(facts)
