"""Tells who is at the other end of a call, as its verified certificate says.

Source: https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md
"""

import re
from typing import Final

from outscope.rpc.interceptors import Context

# A trust domain and what runs in it: spiffe://outscope/notifier.
_IDENTITY: Final = re.compile(r"spiffe://[a-z0-9._-]+(/[A-Za-z0-9._-]+)+")
_URIS: Final = "peer_uri"


def identities_of(context: Context) -> frozenset[str]:
    """Return the URIs in a caller's certificate; none where it had to show none."""
    told = context.auth_context().get(_URIS, ())
    return frozenset(each.decode(errors="replace") for each in told)


def is_identity(text: str) -> bool:
    """Tell whether a text is a SPIFFE ID of a workload."""
    return _IDENTITY.fullmatch(text) is not None
