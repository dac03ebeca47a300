"""Webhooks and their deliveries as the OpenAPI document shows them."""

from typing import Final

WEBHOOK_EXAMPLE: Final = {
    "url": "https://your-app.com/webhook",
    "events": ["check.completed", "check.failed"],
}
WEBHOOK: Final = {
    "id": "whk_01kprq4e00c5s6h9m2t8v4x3za",
    **WEBHOOK_EXAMPLE,
    "description": "",
    "fqdn": None,
    "vantage_points": [],
    "payload": "full",
    "signatures": ["v1"],
    "header_names": [],
    "enabled": True,
    "disabled_reason": None,
    "disabled_at": None,
    "failing_since": None,
    "slowed_until": None,
    "old_secret_signs_until": None,
    "unreadable": [],
    "created_at": "2026-04-21T10:00:00Z",
    "updated_at": "2026-04-21T10:00:00Z",
}
WEBHOOK_CREATED_EXAMPLE: Final = {
    **WEBHOOK,
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=",
}
CHANGE_EXAMPLE: Final = {
    "events": ["check.*"],
    "description": "The shop's deployment board",
    "fqdn": "*.example.com",
    "vantage_points": ["eu-west-1"],
    "payload": "thin",
    "signatures": ["v1", "v1a"],
    "headers": {"Authorization": "Bearer 4f2c"},
    "enabled": False,
}
DISABLED_WEBHOOK: Final = {
    **WEBHOOK,
    "events": ["check.*"],
    "description": "The shop's deployment board",
    "fqdn": "*.example.com",
    "vantage_points": ["eu-west-1"],
    "payload": "thin",
    "signatures": ["v1", "v1a"],
    "header_names": ["Authorization"],
    "enabled": False,
    "disabled_reason": "failing",
    "disabled_at": "2026-04-27T10:00:00Z",
    "failing_since": "2026-04-22T09:58:00Z",
    "slowed_until": "2026-04-27T10:05:00Z",
    "old_secret_signs_until": "2026-04-28T08:00:00Z",
    "updated_at": "2026-04-27T08:00:00Z",
}
WEBHOOK_LIST: Final = {
    "data": [WEBHOOK],
    "pagination": {"next_cursor": "cur_xyz789", "has_more": True},
}

ROTATION_EXAMPLE: Final = {"overlap_hours": 48}
ROTATED_SECRET: Final = {
    "secret": "whsec_wfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=",
    "old_secret_signs_until": "2026-04-28T08:00:00Z",
}
SECRET: Final = {
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=",
    "accesses": [
        {
            "action": "read",
            "at": "2026-04-21T11:00:00Z",
            "key_id": "key_01kprq4e00c5s6h9m2t8v4x3za",
        }
    ],
}
PUBLIC_KEY: Final = {"public_key": "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}

_MESSAGE: Final = {
    "id": "dlv_01kprq4e00c5s6h9m2t8v4x3za",
    "message_id": "msg_01kprq4e00c5s6h9m2t8v4x3za",
    "event_type": "check.completed",
    "event_at": "2026-04-21T10:00:03Z",
    "check_id": "chk_01kprq4e00c5s6h9m2t8v4x3za",
    "sequence": 42,
}
_FAILED_ATTEMPT: Final = {
    "attempt": 1,
    "attempted_at": "2026-04-21T10:00:03Z",
    "duration_ms": 84,
    "status_code": 503,
    "error": "http_status",
    "answer": "try later",
}
DELIVERY: Final = {
    **_MESSAGE,
    "status": "delivered",
    "attempts": [
        {
            "attempt": 2,
            "attempted_at": "2026-04-21T10:00:08Z",
            "duration_ms": 41,
            "status_code": 204,
            "error": None,
            "answer": None,
        },
        _FAILED_ATTEMPT,
    ],
    "next_attempt_at": None,
    "ended_at": "2026-04-21T10:00:08Z",
}
PENDING_DELIVERY: Final = {
    **_MESSAGE,
    "status": "pending",
    "attempts": [_FAILED_ATTEMPT],
    "next_attempt_at": "2026-04-21T10:00:08Z",
    "ended_at": None,
}
TEST_DELIVERY: Final = {
    **DELIVERY,
    "event_type": "webhook.test",
    "check_id": None,
    "attempts": [
        {
            "attempt": 1,
            "attempted_at": "2026-04-21T10:00:03Z",
            "duration_ms": 41,
            "status_code": 204,
            "error": None,
            "answer": None,
        }
    ],
}
DELIVERY_LIST: Final = {
    "data": [PENDING_DELIVERY],
    "pagination": {"next_cursor": "cur_xyz789", "has_more": True},
}
REPLAYED: Final = {"deliveries": 17}
