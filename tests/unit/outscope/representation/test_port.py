import pytest

from outscope.representation.port import port_representation
from outscope.v1 import facts_pb2


def test_an_open_port_with_tls_shows_it() -> None:
    ok = facts_pb2.Outcome(code=facts_pb2.OUTCOME_CODE_OK)
    shown = port_representation(
        facts_pb2.PortFacts(
            port=443,
            state=facts_pb2.TCP_STATE_OPEN,
            address="93.184.216.34",
            tcp_outcome=ok,
            tls=facts_pb2.TlsFacts(valid=True),
            tls_outcome=ok,
            speaks_http=True,
            http_outcome=ok,
            probe=facts_pb2.PathFacts(
                path="/",
                status_code=403,
                content_type="text/html",
                server="nginx",
                headers=[facts_pb2.Header(name="cf-mitigated", value="challenge")],
            ),
            attempts=2,
        )
    )
    assert shown["port"] == 443
    assert shown["tcp_open"] is True
    assert shown["state"] == "open"
    assert shown["address"] == "93.184.216.34"
    assert shown["tls"] is not None
    assert shown["tls"]["valid"] is True
    assert shown["speaks_http"] is True
    assert shown["http_outcome"] == {"code": "ok", "owner": None, "duration_ms": 0}
    assert shown["attempts"] == 2
    probe = shown["probe"]
    assert probe is not None
    assert (probe["path"], probe["status_code"], probe["content_type"]) == ("/", 403, "text/html")
    assert (probe["server"], probe["title"], probe["location"]) == ("nginx", None, None)
    assert probe["headers"] == [{"name": "cf-mitigated", "value": "challenge"}]
    assert "sample" not in probe


def test_an_open_port_without_tls_has_null_and_says_why() -> None:
    shown = port_representation(
        facts_pb2.PortFacts(
            port=80,
            state=facts_pb2.TCP_STATE_OPEN,
            tls_outcome=facts_pb2.Outcome(code=facts_pb2.OUTCOME_CODE_TLS_NOT_TLS),
        )
    )
    assert shown["tls"] is None
    assert shown["tls_outcome"] is not None
    assert shown["tls_outcome"]["code"] == "tls_not_tls"


def test_a_filtered_port_is_not_open_and_never_began_tls() -> None:
    shown = port_representation(
        facts_pb2.PortFacts(port=81, state=facts_pb2.TCP_STATE_FILTERED, address="192.0.2.1")
    )
    assert shown["tcp_open"] is False
    assert shown["state"] == "filtered"
    assert shown["tls_outcome"] is None
    assert shown["http_outcome"] is None
    assert shown["probe"] is None
    assert shown["attempts"] == 1


def test_each_address_of_the_name_is_shown_and_the_rest_counted() -> None:
    shown = port_representation(
        facts_pb2.PortFacts(
            port=443,
            state=facts_pb2.TCP_STATE_OPEN,
            addresses=[
                facts_pb2.AddressFacts(
                    address="192.0.2.1",
                    state=facts_pb2.TCP_STATE_OPEN,
                    outcome=facts_pb2.Outcome(code=facts_pb2.OUTCOME_CODE_OK, duration_ms=7),
                ),
                facts_pb2.AddressFacts(
                    address="2001:db8::1",
                    state=facts_pb2.TCP_STATE_NOT_TRIED,
                    outcome=facts_pb2.Outcome(
                        code=facts_pb2.OUTCOME_CODE_TCP_NO_IPV6, owner=facts_pb2.OWNER_OURS
                    ),
                ),
            ],
            addresses_left_out=2,
        )
    )
    assert shown["addresses"] == [
        {
            "address": "192.0.2.1",
            "state": "open",
            "outcome": {"code": "ok", "owner": None, "duration_ms": 7},
        },
        {
            "address": "2001:db8::1",
            "state": "not_tried",
            "outcome": {"code": "tcp_no_ipv6", "owner": "ours", "duration_ms": 0},
        },
    ]
    assert shown["addresses_left_out"] == 2


@pytest.mark.parametrize(
    ("banner", "shown_as", "encoding"),
    [
        (b"SSH-2.0-x\r\n", "SSH-2.0-x\r\n", "utf-8"),
        (b"\xff\xfd", "//0=", "base64"),
        (b"x" * 255 + "é".encode()[:1], "x" * 255, "utf-8"),
        (b"", None, None),
    ],
)
def test_a_banner_is_text_where_it_can_be(
    banner: bytes, shown_as: str | None, encoding: str | None
) -> None:
    shown = port_representation(facts_pb2.PortFacts(port=22, banner=banner))
    assert (shown["banner"], shown["banner_encoding"]) == (shown_as, encoding)


def test_a_service_is_shown_by_name_or_null() -> None:
    assert port_representation(facts_pb2.PortFacts(service="ssh"))["service"] == "ssh"
    assert port_representation(facts_pb2.PortFacts())["service"] is None
