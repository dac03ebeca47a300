"""The running system takes what its documentation allows: each route, and bodies of every kind."""

import asyncio
import string
from dataclasses import replace
from typing import Any, Final

import aiohttp
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from outscope.apikey import new_api_key
from services.gateway.openapi import openapi_document
from services.gateway.routes import OPERATIONS
from tests.e2e.running import System
from tests.pango import HAS_PANGO

Json = dict[str, Any]

DOCUMENT: Json = openapi_document(OPERATIONS)
CHECK: Final[Json] = {"fqdn": "example.com"}
WEBHOOK: Final[Json] = {"url": "https://your-app.com/webhook", "events": ["check.failed"]}

# Nobody listens there: how a delivery went is known at once.
NOBODY: Final[Json] = {"url": "http://127.0.0.1:9/", "events": ["*"], "signatures": ["v1", "v1a"]}

# Every route, with a body that is surely right; {id} is a check that has completed or, of webhooks,
# one of which there is a delivery.
ASKED: Final[dict[tuple[str, str], tuple[Json | None, int]]] = {
    ("POST", "/v1/check"): (CHECK, 201),
    ("GET", "/v1/check/{id}"): (None, 200),
    ("GET", "/v1/check/latest"): (None, 200),
    ("GET", "/v1/check/{id}/events"): (None, 200),
    ("GET", "/v1/checks"): (None, 200),
    ("POST", "/v1/checks/batch"): ({"checks": [CHECK, CHECK]}, 201),
    ("GET", "/v1/check/{id}/explain"): (None, 200),
    ("GET", "/v1/check/{id}/report.html"): (None, 200),
    ("GET", "/v1/check/{id}/report.pdf"): (None, 200 if HAS_PANGO else 503),
    ("POST", "/v1/check/{id}/rejudge"): (None, 200),
    ("POST", "/v1/checks/rejudge"): ({}, 200),
    ("POST", "/v1/check/{id}/review"): ({"reason": "other", "comment": "No shop."}, 201),
    ("GET", "/v1/check/{id}/review"): (None, 200),
    # The check has ended by then.
    ("DELETE", "/v1/check/{id}"): (None, 409),
    ("POST", "/v1/webhooks"): (WEBHOOK, 201),
    ("GET", "/v1/webhooks"): (None, 200),
    ("GET", "/v1/webhooks/{id}"): (None, 200),
    ("PATCH", "/v1/webhooks/{id}"): ({"description": "x", "fqdn": None, "enabled": True}, 200),
    ("POST", "/v1/webhooks/{id}/rotate-secret"): ({"overlap_hours": 1}, 201),
    ("GET", "/v1/webhooks/{id}/secret"): (None, 200),
    ("GET", "/v1/webhooks/{id}/public-key"): (None, 200),
    ("POST", "/v1/webhooks/{id}/test"): (None, 200),
    ("GET", "/v1/webhooks/{id}/deliveries"): (None, 200),
    ("GET", "/v1/webhooks/{id}/deliveries/{delivery_id}"): (None, 200),
    ("POST", "/v1/webhooks/{id}/deliveries/{delivery_id}/resend"): (None, 202),
    ("POST", "/v1/webhooks/{id}/recover"): (None, 202),
    ("POST", "/v1/webhooks/{id}/replay-missing"): (None, 202),
    ("DELETE", "/v1/webhooks/{id}"): (None, 204),
    ("GET", "/v1/badges"): (None, 200),
    ("PUT", "/v1/badge/{fqdn}"): (None, 200),
    ("GET", "/v1/badge/{fqdn}.svg"): (None, 200),
    ("DELETE", "/v1/badge/{fqdn}"): (None, 204),
    ("GET", "/v1/usage"): (None, 200),
    ("GET", "/v1/vantage-points"): (None, 200),
    ("GET", "/healthz"): (None, 200),
    ("GET", "/readyz"): (None, 200),
    ("GET", "/metrics"): (None, 200),
    ("GET", "/openapi.json"): (None, 200),
    ("GET", "/docs"): (None, 200),
    ("GET", "/docs/{file}"): (None, 200),
}
# What a route asks of the query.
SINCE: Final = {"since": "2026-01-01T00:00:00Z"}
QUERIES: Final[dict[str, dict[str, str]]] = {
    "/v1/check/latest": {"fqdn": "example.com"},
    "/v1/webhooks/{id}/recover": SINCE,
    "/v1/webhooks/{id}/replay-missing": SINCE,
}

LABELS = st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True).filter(
    lambda label: label[2:4] != "--"  # what stands there is claimed for A-labels
)
NAMES = st.builds(
    "{}{}.{}{}".format,
    st.sampled_from(["", " "]),
    st.lists(LABELS, min_size=1, max_size=3).map(".".join),
    st.sampled_from(["com", "EXAMPLE", "es", "xn--p1ai"]),
    st.sampled_from(["", "."]),
)
PATHS = st.text(string.ascii_letters + string.digits + "-._~/?&=%20ü ", max_size=40).map(
    lambda rest: "/" + rest.replace("%", "%25")
)
CHECKS = st.fixed_dictionaries(
    {"fqdn": NAMES},
    optional={
        "ports": st.lists(st.integers(1, 65535), min_size=1, max_size=20),
        "paths": st.lists(PATHS, min_size=1, max_size=20),
        "vantage_point": st.sampled_from(["eu-west-1", "us-east-1"]),
        "include_content_sample": st.booleans(),
        "content_retention_days": st.integers(7, 30),
    },
)
BATCHES = st.fixed_dictionaries({"checks": st.lists(CHECKS, min_size=1, max_size=20)})
EVENTS = st.lists(st.sampled_from(["check.completed", "check.failed"]), min_size=1, max_size=3)
WEBHOOKS = st.fixed_dictionaries(
    {
        "url": st.builds("https://{}.com{}".format, LABELS, LABELS.map("/{}".format)),
        "events": EVENTS,
    }
)
generated = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def subscriber(system: System) -> System:
    """The system as another account sees it: what it subscribes gets no event of other tests."""
    return replace(system, first_line={**system.first_line, "api_key": system.another_key()})


def answered(system: System, path: str, body: Json) -> tuple[int, Json]:
    assert_documented(path, body)
    return asyncio.run(system.call("POST", path, body))


def assert_documented(path: str, body: Json) -> None:
    schema = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(body)


async def tested_webhook(system: System) -> tuple[str, str]:
    """Return a webhook at which nobody listens, and the delivery of a test of it."""
    _, webhook = await system.call("POST", "/v1/webhooks", NOBODY)
    status, delivery = await system.call("POST", f"/v1/webhooks/{webhook['id']}/test")
    (attempt,) = delivery["attempts"]
    assert (status, delivery["event_type"]) == (200, "webhook.test")
    assert (attempt["status_code"], bool(attempt["error"])) == (None, True)
    return webhook["id"], delivery["id"]


async def test_every_route_answers_what_is_asked_rightly(subscriber: System) -> None:
    assert ASKED.keys() == {(operation.method, operation.path) for operation in OPERATIONS}
    check_id = await subscriber.create("example.com")
    assert (await subscriber.ended(check_id))["status"] == "completed"
    webhook_id, delivery_id = await tested_webhook(subscriber)
    headers = {"x-api-key": subscriber.api_key}
    async with aiohttp.ClientSession(headers=headers) as session:
        for (method, path), (body, status) in ASKED.items():
            subject = webhook_id if path.startswith("/v1/webhooks") else check_id
            url = subscriber.rest + path.format(
                id=subject, delivery_id=delivery_id, file="swagger-ui.css", fqdn="example.com"
            )
            query = QUERIES.get(path)
            async with session.request(method, url, json=body, params=query) as answer:
                assert (method, path, answer.status) == (method, path, status)


@pytest.mark.parametrize(
    ("path", "body"), [("/v1/check", {}), ("/v1/checks/batch", {"checks": [{}]})]
)
async def test_a_key_nobody_made_is_told_before_what_else_is_wrong(
    system: System, path: str, body: Json
) -> None:
    nobody = replace(system, first_line={**system.first_line, "api_key": new_api_key()})
    assert (await system.call("POST", path, body))[0] == 400
    status, answer = await nobody.call("POST", path, body)
    assert (status, answer["error"]["code"]) == (401, "unauthorized")


@generated
@given(body=CHECKS)
def test_a_check_that_is_documented_is_created(system: System, body: Json) -> None:
    status, answer = answered(system, "/v1/check", body)
    assert (status, answer.get("fqdn")) == (201, body["fqdn"].strip().lower().rstrip("."))


@generated
@given(body=BATCHES)
def test_a_batch_that_is_documented_is_created_whole(system: System, body: Json) -> None:
    status, answer = answered(system, "/v1/checks/batch", body)
    assert (status, answer["errors"]) == (201, [])
    assert answer["stats"]["created"] == len(body["checks"])


@generated
@given(body=WEBHOOKS)
def test_a_webhook_that_is_documented_is_created(subscriber: System, body: Json) -> None:
    status, answer = answered(subscriber, "/v1/webhooks", body)
    assert (status, answer.get("url")) == (201, body["url"])


@generated
@given(limit=st.integers(1, 100), fqdn=NAMES, status=st.sampled_from(["pending", "completed"]))
def test_a_list_that_is_asked_rightly_is_given(
    system: System, limit: int, fqdn: str, status: str
) -> None:
    query = f"limit={limit}&status={status}&fqdn={fqdn.strip()}"
    assert asyncio.run(system.call("GET", f"/v1/checks?{query}"))[0] == 200
