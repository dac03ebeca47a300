"""Which calls of the scheduler may be made again when nobody knows whether they arrived.

Reads, and what is done once however often it is asked for: creating under an idempotency key.
"""

from typing import Final

_CHECKS: Final = "outscope.v1.CheckService"
_JUDGEMENTS: Final = "outscope.v1.JudgementService"
_WEBHOOKS: Final = "outscope.v1.WebhookService"

READS: Final = (
    (_CHECKS, "GetCheck"),
    (_CHECKS, "GetLatestCheck"),
    (_CHECKS, "ListChecks"),
    # Until its first response.
    (_CHECKS, "WatchCheck"),
    (_JUDGEMENTS, "ExplainCheck"),
    (_JUDGEMENTS, "GetReview"),
    ("outscope.v1.ApiKeyService", "GetOwnApiKey"),
    ("outscope.v1.BadgeService", "GetBadge"),
    ("outscope.v1.BadgeService", "ListBadges"),
    (_WEBHOOKS, "GetWebhook"),
    (_WEBHOOKS, "ListWebhooks"),
    (_WEBHOOKS, "GetWebhookPublicKey"),
    (_WEBHOOKS, "GetWebhookDelivery"),
    (_WEBHOOKS, "ListWebhookDeliveries"),
)
KEYED_CREATES: Final = (
    (_CHECKS, "CreateCheck"),
    (_CHECKS, "BatchCreateChecks"),
    (_JUDGEMENTS, "ReviewCheck"),
    (_WEBHOOKS, "CreateWebhook"),
    (_WEBHOOKS, "RotateWebhookSecret"),
)
