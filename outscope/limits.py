"""The documented limits of the API, for every service that validates or describes them."""

from typing import Final

MAX_PORTS: Final = 20
MAX_PORT: Final = 65535
DEFAULT_PORTS: Final = (80, 443)

MAX_PATHS: Final = 20
MAX_PATH_CHARS: Final = 2048
DEFAULT_PATHS: Final = ("/",)

MAX_FQDN_CHARS: Final = 253

MIN_RETENTION_DAYS: Final = 7
MAX_RETENTION_DAYS: Final = 30

MAX_BATCH: Final = 100
DEFAULT_PAGE: Final = 30
MAX_PAGE: Final = 100

MAX_REQUEST_BYTES: Final = 1024 * 1024
MAX_URL_CHARS: Final = 2048
SAMPLE_BYTES: Final = 64 * 1024

WEBHOOK_EVENTS: Final = ("check.completed", "check.failed")
