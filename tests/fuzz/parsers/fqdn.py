"""A host name as a caller wrote it: normalised for good and fit for the wire, or refused."""

import idna

from outscope.errors import InvalidRequest
from outscope.fqdn import normalised_fqdn
from outscope.limits import MAX_FQDN_CHARS
from outscope.netguard.wire import text_name, wire_name
from tests.fuzz.target import Target


def check(noise: bytes) -> None:
    """Normalise noise, and compare with what the idna package makes of it."""
    text = noise.decode(errors="surrogateescape")
    try:
        name = normalised_fqdn(text)
    except InvalidRequest as refusal:
        assert refusal.field == "fqdn"
        return
    assert normalised_fqdn(name) == name
    assert name.isascii()
    assert name == name.lower()
    assert len(name) <= MAX_FQDN_CHARS
    assert text_name(wire_name(name)) == name
    assert not name.rpartition(".")[2].isdigit()
    try:
        theirs = idna.encode(text.strip(), uts46=True).decode().removesuffix(".")
    except (idna.IDNAError, UnicodeError, IndexError):  # IDNA 2008 knows fewer letters
        return
    assert name == theirs, (name, theirs)


TARGET = Target(
    check=check,
    seeds=(
        b"example.com",
        b"  EXAMPLE.Com.\n",
        "bücher.example".encode(),
        b"xn--bcher-kva.example",
        "faß.例え。テスト".encode(),
        "क्\u200dष.example".encode(),
        "ايكوم.إختبار".encode(),
        "\uff11\uff12\uff17.\uff10.1".encode(),
        b"0x7f.1",
        b"[2001:db8::1]:443",
        b"https://user@example.com:8443/x",
    ),
    max_bytes=600,
)
