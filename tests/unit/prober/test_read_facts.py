import pytest

from outscope.v1 import facts_pb2
from services.prober.read_facts import NewerFactsError, dns_in, path_in, port_in
from services.prober.report_facts import dns_message, path_message, port_message
from tests.unit.prober.reporting import FACTS, PATH

ALL_HEADERS = frozenset(name for name, _ in PATH.headers)
FROM_THE_FUTURE = 9_999


def test_what_name_resolution_found_comes_back() -> None:
    assert dns_in(dns_message(FACTS.dns)) == FACTS.dns


def test_an_answer_comes_back_with_the_headers_that_were_reported() -> None:
    read = path_in(path_message(PATH, frozenset({"server"})))
    assert read.headers == (("server", "demo"),)
    assert (read.path, read.status, read.title, read.timing) == ("/x", 200, "T", PATH.timing)
    assert (read.body, read.charset) == (b"", "")


@pytest.mark.parametrize("index", [0, 1])
def test_a_port_comes_back(index: int) -> None:
    port = FACTS.ports[index]
    read = port_in(port_message(port, ALL_HEADERS))
    assert (read.port, read.state, read.tcp_outcome) == (port.port, port.state, port.tcp_outcome)
    assert read.tls == port.tls
    assert read.addresses == port.addresses
    assert (read.probe is None) == (port.probe is None)


def test_what_a_later_version_has_a_word_for_is_not_guessed_at() -> None:
    unknown = facts_pb2.Outcome()
    unknown.MergeFromString(b"\x08\x8f\x4e")  # code 9999
    with pytest.raises(NewerFactsError, match=str(FROM_THE_FUTURE)):
        dns_in(facts_pb2.DnsFacts(outcome=unknown))
    known = facts_pb2.Outcome(code=facts_pb2.OUTCOME_CODE_OK)
    port = facts_pb2.PortFacts(tcp_outcome=known)
    port.MergeFromString(b"\x10\x8f\x4e")  # state 9999
    with pytest.raises(NewerFactsError, match="state"):
        port_in(port)
