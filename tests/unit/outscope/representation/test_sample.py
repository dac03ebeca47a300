import base64

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from outscope.representation.sample import sample_representation
from outscope.v1 import facts_pb2


def test_text_stays_text() -> None:
    sample = facts_pb2.ContentSample(
        path="/",
        headers=[
            facts_pb2.Header(name="set-cookie", value="[redacted]"),
            facts_pb2.Header(name="set-cookie", value="[redacted]"),
        ],
        body="héllo".encode(),
        expires_at=Timestamp(seconds=1_798_761_600),
    )
    assert sample_representation(sample) == {
        "headers": [
            {"name": "set-cookie", "value": "[redacted]"},
            {"name": "set-cookie", "value": "[redacted]"},
        ],
        "body": "héllo",
        "body_encoding": "utf-8",
        "truncated": False,
        "expires_at": "2027-01-01T00:00:00Z",
    }


@pytest.mark.parametrize("body", [b"\x89PNG\r\n", "é".encode("latin-1"), "é".encode()[:1]])
def test_bytes_that_are_no_text_are_base64(body: bytes) -> None:
    shown = sample_representation(facts_pb2.ContentSample(body=body))
    assert shown["body_encoding"] == "base64"
    assert base64.b64decode(shown["body"]) == body


def test_a_cut_in_a_character_leaves_text() -> None:
    shown = sample_representation(facts_pb2.ContentSample(body="né".encode()[:2], truncated=True))
    assert (shown["body"], shown["body_encoding"], shown["truncated"]) == ("n", "utf-8", True)


def test_a_cut_binary_is_still_base64() -> None:
    shown = sample_representation(facts_pb2.ContentSample(body=b"\xff\xfe\x00", truncated=True))
    assert base64.b64decode(shown["body"]) == b"\xff\xfe\x00"
