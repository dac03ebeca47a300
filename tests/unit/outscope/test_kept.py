import zlib

import pytest

from outscope.kept import UnreadableKeptError, packed, unpacked
from outscope.v1 import messages_pb2

FACTS = messages_pb2.KeptFacts(
    answers=[messages_pb2.KeptAnswer(where="paths[0]", text="<p>Hello</p>" * 100)],
    deadline_hit=True,
)


def test_facts_come_back_as_they_were_packed() -> None:
    assert unpacked(packed(FACTS)) == FACTS
    assert unpacked(packed(messages_pb2.KeptFacts())) == messages_pb2.KeptFacts()


def test_pages_are_packed_smaller() -> None:
    assert len(packed(FACTS)) < FACTS.ByteSize() / 4


@pytest.mark.parametrize(
    ("kept", "why"),
    [
        (b"", "is cut off"),
        (packed(FACTS)[:-4], "is cut off"),
        (zlib.compress(bytes(20 * 1024 * 1024)), "is cut off"),
        (b"no zlib", "cannot be read"),
        (zlib.compress(b"\xff\xff"), "cannot be read"),
    ],
)
def test_what_is_something_else_is_told_so(kept: bytes, why: str) -> None:
    with pytest.raises(UnreadableKeptError, match=why):
        unpacked(kept)
