"""What a server answered for one path, kept for a limited time when asked for."""

import base64
import codecs
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from outscope.representation.moments import rfc3339
from outscope.v1 import facts_pb2

BodyEncoding = Literal["utf-8", "base64"]


class Header(TypedDict):
    """One header field; credentials are redacted."""

    name: Annotated[str, Field(description="In lower case.")]
    value: Annotated[str, Field(description="As sent; [redacted] stands for a credential.")]


class Sample(TypedDict):
    """A stored response: headers and up to 64 KiB of body."""

    headers: Annotated[list[Header], Field(description="In the order sent, credentials redacted.")]
    body: Annotated[str, Field(description="Text, or base64 when body_encoding says so.")]
    body_encoding: Annotated[BodyEncoding, Field(description="Whether the body is text or base64.")]
    truncated: Annotated[bool, Field(description="The response was longer than what is kept.")]
    expires_at: Annotated[str | None, Field(description="When the sample will be deleted.")]


def sample_representation(sample: facts_pb2.ContentSample) -> Sample:
    """Return a stored response as the API shows it."""
    body, body_encoding = text_or_base64(sample.body, is_cut=sample.truncated)
    return {
        "headers": headers_representation(sample.headers),
        "body": body,
        "body_encoding": body_encoding,
        "truncated": sample.truncated,
        "expires_at": rfc3339(sample.expires_at) if sample.HasField("expires_at") else None,
    }


def headers_representation(headers: Iterable[facts_pb2.Header]) -> list[Header]:
    """Return header fields in their order; a name may stand there twice."""
    return [{"name": header.name, "value": header.value} for header in headers]


def text_or_base64(body: bytes, *, is_cut: bool) -> tuple[str, BodyEncoding]:
    """Return text when body is UTF-8; a cut may have left the last character incomplete."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        return decoder.decode(body, final=not is_cut), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), "base64"
