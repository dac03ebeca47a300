"""A path as a caller wrote it: fit for a request line and the same path, or refused."""

from urllib.parse import unquote_to_bytes

from outscope.errors import InvalidRequest
from outscope.limits import MAX_PATH_CHARS
from outscope.path import normalised_path
from tests.fuzz.target import Target


def check(noise: bytes) -> None:
    """Normalise noise, and compare what it means before and after."""
    text = noise.decode(errors="surrogateescape")
    for given in (text, f"/{text}"):
        try:
            path = normalised_path(given, field="paths[0]")
        except InvalidRequest as refusal:
            assert refusal.field == "paths[0]"
            continue
        assert path.startswith("/")
        assert path.isascii()
        assert path.isprintable()
        assert not set(path) & set(' "<>#\\^`{|}')
        if len(path) <= MAX_PATH_CHARS:  # of what a caller writes; encoded it may be longer
            assert normalised_path(path, field="paths[0]") == path
        assert unquote_to_bytes(path) == unquote_to_bytes(given)


TARGET = Target(
    check=check,
    seeds=(
        b"api/v1/users?q=a&b=c",
        "größe/😀".encode(),
        b"100%/%zz/%2/%41",
        b"a\r\nHost: evil",
        b'"<>`{}|\\^#',
        b"../%2e%2e//~user;v=1,2:3@x!$&'()*+",
    ),
    max_bytes=2200,
)
