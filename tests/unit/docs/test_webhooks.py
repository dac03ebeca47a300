import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from services.notifier.signature import signed_headers

PAGE: Final = Path(__file__).parents[3] / "docs/webhooks.md"
SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY: Final = b'{"type":"check.completed","data":{"id":"chk_1"}}'

Received = Callable[[str, bytes, dict[str, str]], dict[str, Any]]


@pytest.fixture
def received() -> Received:
    """Return the function that the page tells a receiver to write."""
    (source,) = re.findall(
        r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    names: dict[str, object] = {}
    exec(source, names)  # the page's own example
    return cast("Received", names["received"])


@pytest.fixture
def headers() -> dict[str, str]:
    return signed_headers([SECRET], webhook_id="msg_1", attempted_at=datetime.now(UTC), body=BODY)


def test_the_example_of_the_page_accepts_what_the_notifier_signs(
    received: Received, headers: dict[str, str]
) -> None:
    assert received(SECRET, BODY, headers)["data"] == {"id": "chk_1"}


def test_the_example_of_the_page_refuses_another_body(
    received: Received, headers: dict[str, str]
) -> None:
    with pytest.raises(WebhookVerificationError):
        received(SECRET, BODY.replace(b"chk_1", b"chk_2"), headers)
