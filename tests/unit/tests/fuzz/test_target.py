"""Every fuzz target holds for its seeds and for a little noise, so that a broken one is noticed."""

import random
import zlib
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.target import Target, cut, module_of, target_in, target_names

INPUTS = 200


def changed(seeds: tuple[bytes, ...], chance: random.Random) -> Iterator[bytes]:
    """Yield seeds with a few bytes changed, cut, doubled or put in, and plain noise."""
    while True:
        noise = bytearray(chance.choice((*seeds, chance.randbytes(chance.randrange(200)))))
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(noise) + 1)
            to = min(len(noise), at + chance.randrange(12))
            noise[at:to] = chance.choice(
                (b"", chance.randbytes(to - at), bytes(noise[at:to]) * 2, chance.randbytes(1))
            )
        yield bytes(noise)


@pytest.mark.parametrize("name", target_names())
def test_a_target_holds_for_its_seeds_and_for_noise(name: str) -> None:
    target = target_in(module_of(name))
    assert target.seeds
    for seed in target.seeds:
        assert len(seed) <= target.max_bytes
        target.check(seed)
    # Always the same noise: what fails here fails again.
    noises = changed(target.seeds, random.Random(zlib.crc32(name.encode())))
    for _ in range(INPUTS):
        target.check(next(noises)[: target.max_bytes])


def test_there_is_a_target_for_every_parser_of_what_strangers_send() -> None:
    assert {
        *(
            "certificate",
            "content_coding",
            "cursor",
            "deny_list",
            "dns_records",
            "dns_response",
            "fqdn",
        ),
        *("html", "http2_response", "http_response", "json_members", "leads", "path"),
        *("redaction", "redirect", "request_json", "retry_after", "server_hello", "title"),
        *("tls_session", "verdict", "xml_root", "yaml_keys"),
    } <= set(target_names())


def test_what_is_no_target_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "no_target", SimpleNamespace(TARGET=1))
    with pytest.raises(TypeError, match="no_target"):
        target_in("no_target")
    assert isinstance(target_in(module_of("html")), Target)


@given(st.binary(max_size=300))
def test_a_message_comes_in_pieces_that_make_it_up(noise: bytes) -> None:
    message, pieces = cut(noise)
    assert message == noise[1:]
    assert b"".join(pieces) == message
    assert all(pieces)
    assert cut(noise) == (message, pieces)


def test_the_first_byte_says_how_a_message_is_cut() -> None:
    assert cut(b"\0abc")[1] == [b"abc"]
    assert cut(b"\1abc")[1] == [b"a", b"b", b"c"]
    ways = {tuple(cut(bytes([manner]) + bytes(50))[1]) for manner in range(256)}
    assert len(ways) > 50
