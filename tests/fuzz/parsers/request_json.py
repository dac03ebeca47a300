"""A request body: JSON that every reader reads alike, or refused."""

import json

from outscope.errors import InvalidRequest
from services.gateway.strict_json import parsed_json
from tests.fuzz.target import Target


def check(noise: bytes) -> None:
    """Read noise as a request body, and compare with what the json module makes of it."""
    try:
        parsed = parsed_json(noise)
    except InvalidRequest as refusal:
        refusal.message.encode()
        return
    loaded = json.loads(noise)
    assert repr(parsed) == repr(loaded)
    # What was read can be written down, and no member was lost.
    written = json.dumps(parsed, allow_nan=False, ensure_ascii=False).encode()
    assert repr(parsed_json(written)) == repr(parsed)


TARGET = Target(
    check=check,
    seeds=(
        b'{"fqdn":"example.com","ports":[80,443],"paths":["/"],"options":{"a":null}}',
        b'{"a": 1, "\\u0061": 2}',
        b'["\\ud83d\\ude00", "\\ud800", 1e999, -0.0, 1E5]',
        b'{"a": NaN}',
        b"[[[[[[[[[[]]]]]]]]]]",
    ),
    max_bytes=2048,
)
