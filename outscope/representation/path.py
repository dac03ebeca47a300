"""What one HTTP path answered."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from outscope.representation.outcome import Outcome, optional_outcome
from outscope.representation.sample import (
    Header,
    Sample,
    headers_representation,
    sample_representation,
)
from outscope.representation.tls import Tls, tls_representation
from outscope.v1 import facts_pb2


class Timing(TypedDict):
    """Where the time of one request went, each from the end of what was before it."""

    connect_ms: Annotated[int | None, Field(description="Null on a connection used again.")]
    tls_ms: Annotated[
        int | None, Field(description="Null without TLS, and on a connection used again.")
    ]
    first_byte_ms: Annotated[
        int | None, Field(description="From the sent request; null when no byte came.")
    ]
    total_ms: Annotated[
        int, Field(description="From the beginning to the end of the answer, or of waiting for it.")
    ]


class Answer(TypedDict):
    """What one port answered for one path."""

    path: Annotated[str, Field(description="As requested, percent-encoded.")]
    status_code: Annotated[int | None, Field(description="Null when no HTTP answer came.")]
    content_type: Annotated[str | None, Field(description="As sent, parameters included.")]
    url: Annotated[
        str | None, Field(description="What was requested; null when no port speaks HTTP.")
    ]
    reason: Annotated[
        str | None, Field(description="The reason phrase of the status line; HTTP/2 has none.")
    ]
    http_version: Annotated[
        str | None, Field(description="Of the answer: 2, 1.1 or 1.0; null without one.")
    ]
    title: Annotated[str | None, Field(description="The document's title.")]
    server: Annotated[str | None, Field(description="The Server header.")]
    location: Annotated[str | None, Field(description="The Location header of a redirect.")]
    headers: Annotated[list[Header], Field(description="Selected ones, credentials redacted.")]
    body_bytes: Annotated[int, Field(description="Bytes of the body that were read.")]
    truncated: Annotated[bool, Field(description="The body was longer than what was read.")]
    body_sha256: Annotated[str | None, Field(description="Of the body that was read.")]
    address: Annotated[str | None, Field(description="The address that was asked.")]
    timing: Annotated[Timing | None, Field(description="Null when no connection was made for it.")]
    outcome: Annotated[Outcome | None, Field(description="How the request ended.")]


class Redirect(TypedDict):
    """One redirect that was followed, or not."""

    cross_host: Annotated[
        bool, Field(description="It leads to another host than the one before it.")
    ]
    answer: Annotated[
        Answer,
        Field(description="What was answered there; the outcome says why when nothing was asked."),
    ]
    tls: Annotated[
        Tls | None,
        Field(description="The handshake there, of its chain the leaf only; null without TLS."),
    ]
    denial: Annotated[
        str | None,
        Field(
            description="What forbids it, when its outcome is policy_refused; otherwise null.",
            examples=["loopback"],
        ),
    ]


class Path(Answer):
    """One path of the target, requested on its best endpoint."""

    redirects: Annotated[
        list[Redirect],
        Field(description="Those followed, in order; empty unless max_redirects.", max_length=5),
    ]
    other_addresses: Annotated[
        list[Answer],
        Field(
            description="What the other addresses answered; empty unless all_addresses.",
            max_length=7,
        ),
    ]

    sample: Annotated[
        Sample | None,
        Field(description="Null unless include_content_sample, and once it has expired."),
    ]


def path_representation(path: facts_pb2.PathFacts, sample: facts_pb2.ContentSample | None) -> Path:
    """Return the facts of a path as the API shows them, with its stored response if any."""
    shown = sample_representation(sample) if sample is not None else None
    return {
        **answer_representation(path),
        "redirects": [
            {
                "cross_host": redirect.cross_host,
                "answer": answer_representation(redirect.answer),
                "tls": tls_representation(redirect.tls) if redirect.HasField("tls") else None,
                "denial": redirect.denial or None,
            }
            for redirect in path.redirects
        ],
        "other_addresses": [answer_representation(other) for other in path.other_addresses],
        "sample": shown,
    }


def answer_representation(path: facts_pb2.PathFacts) -> Answer:
    """Return what one port answered for one path as the API shows it."""
    has = path.HasField
    return {
        "path": path.path,
        "status_code": path.status_code if has("status_code") else None,
        "content_type": path.content_type if has("content_type") else None,
        "url": path.url or None,
        "reason": path.reason or None,
        "http_version": path.http_version or None,
        "title": path.title or None,
        "server": path.server or None,
        "location": path.location or None,
        "headers": headers_representation(path.headers),
        "body_bytes": path.body_bytes,
        "truncated": path.truncated,
        "body_sha256": path.body_sha256 or None,
        "address": path.address or None,
        "timing": _timing(path.timing) if has("timing") else None,
        "outcome": optional_outcome(path.outcome),
    }


def _timing(timing: facts_pb2.Timing) -> Timing:
    has = timing.HasField
    return {
        "connect_ms": timing.connect_ms if has("connect_ms") else None,
        "tls_ms": timing.tls_ms if has("tls_ms") else None,
        "first_byte_ms": timing.first_byte_ms if has("first_byte_ms") else None,
        "total_ms": timing.total_ms,
    }
