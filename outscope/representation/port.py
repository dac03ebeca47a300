"""What one TCP port answered."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from outscope.limits import BANNER_BYTES
from outscope.representation.codes import tcp_state_code
from outscope.representation.outcome import Outcome, optional_outcome
from outscope.representation.path import Answer, answer_representation
from outscope.representation.sample import BodyEncoding, text_or_base64
from outscope.representation.tls import Tls, tls_representation
from outscope.v1 import facts_pb2


class Address(TypedDict):
    """What the port answered on one address of the name."""

    address: Annotated[str, Field(description="One of the addresses the name resolved to.")]
    state: Annotated[
        str,
        Field(
            description=(
                "open, refused, filtered (no answer), unreachable, reset, or not_tried for a "
                "reason of ours, such as a vantage point without IPv6."
            )
        ),
    ]
    outcome: Annotated[Outcome | None, Field(description="How the attempt to connect ended.")]


class Port(TypedDict):
    """One TCP port of the target."""

    port: Annotated[int, Field(description="The number that was asked for.")]
    tcp_open: Annotated[
        bool, Field(description="A connection was accepted, whatever speaks there.")
    ]
    tls: Annotated[Tls | None, Field(description="Null when the port does not speak TLS.")]
    state: Annotated[
        str, Field(description="open, refused, filtered (no answer), unreachable or reset.")
    ]
    address: Annotated[str | None, Field(description="The address these facts come from.")]
    speaks_http: Annotated[
        bool, Field(description="It answered a request with HTTP, over TLS or in the clear.")
    ]
    tcp_outcome: Annotated[Outcome | None, Field(description="How the attempt to connect ended.")]
    tls_outcome: Annotated[Outcome | None, Field(description="Null when the port is not open.")]
    http_outcome: Annotated[Outcome | None, Field(description="Null when the port is not open.")]
    probe: Annotated[
        Answer | None,
        Field(
            description=(
                "What the port answered for the first path, with those headers that the verdict "
                "cites; null when it does not speak HTTP."
            )
        ),
    ]
    attempts: Annotated[
        int,
        Field(
            description=(
                "How often the port was looked at: 2 when the first time ended in a reset or in "
                "an error of the server that might have passed."
            )
        ),
    ]
    addresses: Annotated[
        list[Address],
        Field(description="Every address of the name, at most 8, in the order of the DNS answer."),
    ]
    addresses_left_out: Annotated[int, Field(description="Addresses of the name beyond those.")]
    banner: Annotated[
        str | None,
        Field(
            description=(
                "What the server said first, up to 256 bytes: text, or base64 when "
                "banner_encoding says so. Null for TLS and HTTP, and when it said nothing."
            )
        ),
    ]
    banner_encoding: Annotated[
        BodyEncoding | None,
        Field(description="Whether the banner is text or base64; null without one."),
    ]
    service: Annotated[
        str | None,
        Field(description="IANA name where it is certain, such as ssh, http or https."),
    ]


def port_representation(port: facts_pb2.PortFacts) -> Port:
    """Return the facts of a port as the API shows them."""
    banner, banner_encoding = (
        text_or_base64(port.banner, is_cut=len(port.banner) >= BANNER_BYTES)
        if port.banner
        else (None, None)
    )
    return {
        "port": port.port,
        "tcp_open": port.state == facts_pb2.TCP_STATE_OPEN,
        "tls": tls_representation(port.tls) if port.HasField("tls") else None,
        "state": tcp_state_code(port.state),
        "address": port.address or None,
        "speaks_http": port.speaks_http,
        "tcp_outcome": optional_outcome(port.tcp_outcome),
        "tls_outcome": optional_outcome(port.tls_outcome),
        "http_outcome": optional_outcome(port.http_outcome),
        "probe": answer_representation(port.probe) if port.HasField("probe") else None,
        "attempts": port.attempts or 1,  # results from before the field have none
        "addresses": [_address(address) for address in port.addresses],
        "addresses_left_out": port.addresses_left_out,
        "banner": banner,
        "banner_encoding": banner_encoding,
        "service": port.service or None,
    }


def _address(address: facts_pb2.AddressFacts) -> Address:
    return {
        "address": address.address,
        "state": tcp_state_code(address.state),
        "outcome": optional_outcome(address.outcome),
    }
