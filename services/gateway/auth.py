"""Finds the API key of a request and refuses one that cannot be valid; the scheduler does the rest.

Law: a key never stands in a message, a log line or an answer.
"""

from typing import Final

from starlette.datastructures import Headers

from outscope.apikey import is_well_formed
from outscope.errors import Unauthorized
from outscope.rpc.metadata import AUTHORIZATION, X_API_KEY, bearer_in

CHALLENGE: Final = 'Bearer realm="outscope"'


def api_key_of(headers: Headers) -> str:
    """Return the key of x-api-key or of Authorization: Bearer, or raise Unauthorized."""
    tokens = (bearer_in(value) for value in headers.getlist(AUTHORIZATION))
    keys = {*headers.getlist(X_API_KEY), *(token for token in tokens if token is not None)}
    if not keys:
        raise Unauthorized("There is no API key; send it as x-api-key, or as Authorization: Bearer")
    if len(keys) > 1:
        raise Unauthorized("There are several different API keys; send one")
    key = keys.pop()
    if not is_well_formed(key):
        raise Unauthorized("The API key is mistyped: its checksum does not fit, or its form")
    return key
