"""The form of a vantage point's name."""

import re
from typing import Final

# As a DNS label: it becomes part of a subject on the bus.
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


def is_vantage_name(text: str) -> bool:
    """Tell whether text can be the name of a vantage point."""
    return _NAME.fullmatch(text) is not None
