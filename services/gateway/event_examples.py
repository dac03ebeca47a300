"""Events as the OpenAPI document shows them."""

from collections.abc import Mapping
from typing import Any, Final

from services.gateway.examples import COMPLETED_CHECK
from services.gateway.further_examples import CANCELLED_CHECK, FURTHER_CHECKS


def _event(event_type: str, content: object, **more: str) -> dict[str, Any]:
    return {
        "type": event_type,
        "timestamp": "2026-04-21T10:00:03Z",
        "sequence": 42,
        **more,
        "data": content,
    }


_THIN_CHECK: Final = {name: COMPLETED_CHECK[name] for name in ("id", "fqdn", "status")}


CHECK_EVENTS: Final[Mapping[str, Mapping[str, object]]] = {
    "completed": {
        "full": _event("check.completed", COMPLETED_CHECK),
        "thin": _event("check.completed", _THIN_CHECK, payload="thin"),
        "too_large": _event(
            "check.completed", _THIN_CHECK, payload="thin", payload_reason="too_large"
        ),
    },
    "failed": {"full": _event("check.failed", FURTHER_CHECKS["failed"])},
    "cancelled": {"full": _event("check.cancelled", CANCELLED_CHECK)},
}
DISABLED_EVENT: Final = _event(
    "webhook.disabled",
    {
        "webhook_id": "whk_01kprq4e00c5s6h9m2t8v4x3za",
        "url": "https://your-app.com/webhook",
        "disabled_reason": "failing",
    },
)
TEST_EVENT: Final = _event(
    "webhook.test",
    {
        "webhook_id": "whk_01kprq4e00c5s6h9m2t8v4x3za",
        "message": "This is a test event; nothing happened.",
    },
)
