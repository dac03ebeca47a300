"""Opens channels to our own services.

Law: a call is repeated only when it is named as one that may be, when no answer of it has arrived,
and as long as the budget of its channel lasts.
Source: https://github.com/grpc/proposal/blob/master/A6-client-retries.md
"""

import json
from collections.abc import Iterable
from typing import Final

import grpc
import grpc.aio

from outscope.certificates import Certificate, Certificates
from outscope.rpc.renewed import RenewedChannel

_OPTIONS: Final = (
    # Reconnect quickly: a restarted replica is back within a second.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # Notice a peer that is gone without a word.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # A check from 20 vantage points, each with the longest report that the bus takes.
    ("grpc.max_receive_message_length", 32 * 1024 * 1024),
    # A name is looked up again whenever a connection ends, not half a minute later.
    ("grpc.dns_min_time_between_resolutions_ms", 1000),
    # Several replicas behind one name share the calls.
    ("grpc.lb_policy_name", "round_robin"),
    ("grpc.enable_http_proxy", 0),
)


# Three tries at most, each after a pause drawn by chance around its backoff.
_RETRY_POLICY: Final = {
    "maxAttempts": 3,
    "initialBackoff": "0.1s",
    "maxBackoff": "1s",
    "backoffMultiplier": 3,
    "retryableStatusCodes": ["UNAVAILABLE"],
}
# Ten failures in a row end all repetition; ten answers buy one back.
_BUDGET: Final = {"maxTokens": 20, "tokenRatio": 0.1}


def open_channel(
    address: str,
    *,
    repeatable: Iterable[tuple[str, str]] = (),
    certificates: Certificates | None = None,
) -> grpc.aio.Channel:
    """Return a channel to HOST:PORT or a gRPC target such as dns:///scheduler:50051.

    Methods that are repeatable, each by its service's full name and its own, are called again by
    the channel when they did not reach a server. With certificates the server must prove its name,
    and is shown ours; without them nothing is encrypted.
    """
    options = (*_OPTIONS, *_service_config(repeatable))
    if certificates is None:
        return grpc.aio.insecure_channel(address, options=options)

    def dial(ours: Certificate) -> grpc.aio.Channel:
        credentials = grpc.ssl_channel_credentials(ours.ca, ours.key, ours.chain)
        return grpc.aio.secure_channel(address, credentials, options=options)

    return RenewedChannel(certificates, dial)


def _service_config(repeatable: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    names = [{"service": service, "method": method} for service, method in repeatable]
    if not names:
        return ()
    config = {
        "methodConfig": [{"name": names, "retryPolicy": _RETRY_POLICY}],
        "retryThrottling": _BUDGET,
    }
    return (("grpc.service_config", json.dumps(config)),)
