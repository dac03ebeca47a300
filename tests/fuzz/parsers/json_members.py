"""A JSON object, perhaps cut: what the json module reads of it, or less, and never an exception.

Half a surrogate pair, which that module lets pass, is U+FFFD.
"""

import json
from typing import Any

from services.prober.judge.json_members import CUT, document_in
from tests.fuzz.target import Target

_MEMBERS = 512


def check(noise: bytes) -> None:
    """Read noise as a description."""
    text = noise.decode(errors="replace")
    document = document_in(text)
    assert document is None or len(document.members) <= _MEMBERS
    assert (document is None) == (not text.lstrip(" \t\r\n").startswith("{"))
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        assert document is None or not document.is_whole
        return
    if document is not None and len(document.members) < _MEMBERS:
        assert document.is_whole
        assert repr(document.members) == repr(storable(loaded))
        assert CUT not in document.members.values()


def storable(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return a value with whole characters only."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [storable(each) for each in value]
    if isinstance(value, dict):
        return {storable(name): storable(each) for name, each in value.items()}
    return value


TARGET = Target(
    check=check,
    seeds=(
        b'{"openapi":"3.0.0","info":{"title":"x"},"paths":{"/a":{"get":{"security":[]}}}}',
        b' {"a": [1, -2.5e3, true, null, "\\u00e9\\ud83d"], "b": {}} ',
        b'{"a":1,"a":2,"paths":{"/a":{"g',
        b"[1,2]",
        b"{}",
    ),
)
