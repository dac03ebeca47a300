"""The documented limits of the API, for every service that validates or describes them."""

from typing import Final

MAX_PORTS: Final = 20
MAX_PORT: Final = 65535
DEFAULT_PORTS: Final = (80, 443)

MAX_PATHS: Final = 20
MAX_PATH_CHARS: Final = 2048
DEFAULT_PATHS: Final = ("/",)

MAX_REDIRECTS: Final = 5

# Of one check.
MAX_VANTAGE_POINTS: Final = 20

MAX_FQDN_CHARS: Final = 253

MIN_RETENTION_DAYS: Final = 7
MAX_RETENTION_DAYS: Final = 30

MAX_BATCH: Final = 100
DEFAULT_PAGE: Final = 30
MAX_PAGE: Final = 100

# How long one request may wait for a check to end.
MAX_WAIT_S: Final = 60
MAX_IDEMPOTENCY_KEY_CHARS: Final = 255
MAX_REQUEST_BYTES: Final = 1024 * 1024
MAX_URL_CHARS: Final = 2048
# Per account, disabled ones left out: each end of a check makes one delivery for each.
MAX_WEBHOOKS: Final = 100
# Disabled ones included: events are kept for them, too.
MAX_KEPT_WEBHOOKS: Final = 200
# Each event may be named twice, but not without end.
MAX_WEBHOOK_EVENTS: Final = 20
MAX_WEBHOOK_VANTAGE_POINTS: Final = 100
MAX_DESCRIPTION_CHARS: Final = 500
# How long a signing secret that was rotated away may still sign.
MAX_OVERLAP_HOURS: Final = 7 * 24
DEFAULT_OVERLAP_HOURS: Final = 24
# What a person may say of a verdict.
MAX_COMMENT_CHARS: Final = 2000
SAMPLE_BYTES: Final = 64 * 1024
# Kept of what a server says first.
BANNER_BYTES: Final = 256

# A receiver of webhooks may ask for a pause, not for oblivion.
MAX_RETRY_AFTER_S: Final = 24 * 3600
# Standard Webhooks 1.0.0, "Signature scheme".
WEBHOOK_SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - the prefix of every secret, not one
WEBHOOK_EVENTS: Final = ("check.completed", "check.failed", "check.cancelled")
# What happens to webhooks, told to the others of their account.
WEBHOOK_OPERATIONAL_EVENTS: Final = ("webhook.disabled",)
WEBHOOK_EVENT_PATTERNS: Final = ("check.*", "webhook.*", "*")
