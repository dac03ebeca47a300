"""Headers and addresses with credentials: those go, and everything else stays."""

from services.prober.observe.redact import REDACTED, redacted, redacted_address
from tests.fuzz.drawing import Drawing
from tests.fuzz.target import Target

_SECRET = "Zq7mVwSecret"
_NAMES = ("set-cookie", "cookie", "authorization", "x-api-key", "location", "server", "link")


def check(noise: bytes) -> None:
    """Redact headers of noise, some of which hold a secret where one belongs."""
    drawing = Drawing(noise)
    headers = tuple((_name(drawing), drawing.latin(300)) for _ in range(drawing.integer(4)))
    done = redacted(headers)
    assert [name for name, _ in done] == [name for name, _ in headers]
    assert redacted(done) == done
    rest = "".join(letter for letter in drawing.latin(300) if letter not in _SECRET)
    for name, value in (
        ("cookie", rest + _SECRET),
        ("authorization", _SECRET + rest),
        ("x-auth-token", rest + _SECRET + rest),
        ("set-cookie", f"sid={_SECRET}; Path=/" + rest),
    ):
        assert _SECRET not in redacted(((name, value),))[0][1]
    address = f"https://host.test/{rest.split('#')[0]}?access_token={_SECRET}"
    assert _SECRET not in redacted_address(address)
    assert redacted_address(redacted_address(address)) == redacted_address(address)
    assert REDACTED in redacted_address(address)


def _name(drawing: Drawing) -> str:
    return drawing.one_of(_NAMES) if drawing.claim() else drawing.latin(40).lower()


TARGET = Target(
    check=check,
    seeds=(
        b"",
        b"\1\1\0\0\x14sid=abc; Path=/; Http",
        b"\2\1\4\0\x20https://h.test/?code=1&sig=2#tok=3\1\6\0\4</a>",
    ),
    max_bytes=1024,
)
