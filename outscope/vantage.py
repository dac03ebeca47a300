"""The form of a vantage point's name.

It becomes a word of a subject on the bus, so it is a DNS label: no dot, no wildcard, no space.
"""

import re
from typing import Final

_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


def is_vantage_name(text: str) -> bool:
    """Tell whether text can be the name of a vantage point."""
    return _NAME.fullmatch(text) is not None
