"""The form of a vantage point's name, and of the tags that say where it stands.

A name becomes a word of a subject on the bus, so it is a DNS label: no dot, no wildcard, no space.
A tag is a key and a value, as in continent:eu; no name has a colon.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

# Of one vantage point.
MAX_VANTAGE_TAGS: Final = 16

_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_TAG: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}:[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?", re.ASCII)


def is_vantage_name(text: str) -> bool:
    """Tell whether text can be the name of a vantage point."""
    return _NAME.fullmatch(text) is not None


def is_vantage_tag(text: str) -> bool:
    """Tell whether text can be a tag; a key has 32 characters at most, a value 64."""
    return _TAG.fullmatch(text) is not None


def vantage_fields(names: Sequence[str]) -> dict[str, object]:
    """Return the fields of a log line about what was looked at from there; none for nowhere.

    As in a request: vantage_point for one, vantage_points for several.
    """
    if len(names) > 1:
        return {"vantage_points": list(names)}
    return {"vantage_point": names[0]} if names else {}


def vantage_tags(texts: Iterable[str]) -> tuple[str, ...]:
    """Return tags in order of the alphabet, each once; a wrong one is a ValueError."""
    tags = sorted(set(texts))
    for tag in tags:
        if not is_vantage_tag(tag):
            raise ValueError(
                f"{tag!r} must be key:value in small letters and digits, as in continent:eu"
            )
    if len(tags) > MAX_VANTAGE_TAGS:
        raise ValueError(f"{len(tags)} tags are too many; {MAX_VANTAGE_TAGS} can be told")
    return tuple(tags)
