import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from outscope.errors import Conflict, InvalidRequest, NotFound, RateLimited
from outscope.v1 import check_pb2, check_service_pb2, facts_pb2, verdict_pb2
from tests.integration.gateway.conftest import API_KEY, Gateway
from tests.integration.gateway.recorded import CHECK_ID, CREATED_AT, pending

pytestmark = pytest.mark.asyncio(loop_scope="session")

MANY = [*range(1, 22)]
DOCUMENTED = {
    "fqdn": "example.com",
    "ports": [80, 443],
    "paths": ["/", "/api", "/docs"],
    "vantage_point": "eu-west-1",
    "include_content_sample": False,
    "content_retention_days": 7,
}


def created(limit: int = 0, remaining: int = 0) -> check_service_pb2.CreateCheckResponse:
    return check_service_pb2.CreateCheckResponse(
        check=pending(),
        rate_limit=check_service_pb2.RateLimit(limit=limit, remaining=remaining, reset_s=60),
    )


async def test_the_documented_request_gets_the_documented_answer(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(created())
    answer = await gateway.post("/v1/check", DOCUMENTED)
    assert answer.status == 201
    assert answer.body == {
        "id": CHECK_ID,
        "fqdn": "example.com",
        "status": "pending",
        "created_at": "2026-04-21T10:00:00Z",
    }
    assert answer.headers["Location"] == f"/v1/check/{CHECK_ID}"
    assert answer.headers["Content-Type"] == "application/json"
    assert gateway.scheduler.last.request.spec == check_pb2.CheckSpec(
        fqdn="example.com",
        ports=[80, 443],
        paths=["/", "/api", "/docs"],
        vantage_point="eu-west-1",
        content_retention_days=7,
        discovery=check_pb2.DISCOVERY_STANDARD,
    )


async def test_only_the_name_is_required(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(created())
    answer = await gateway.post("/v1/check", {"fqdn": " Example.COM. "})
    assert answer.status == 201
    spec = gateway.scheduler.last.request.spec
    assert spec.fqdn == " Example.COM. "
    assert list(spec.ports) == [80, 443]
    assert list(spec.paths) == ["/"]
    assert spec.content_retention_days == 7
    assert not spec.HasField("vantage_point")


async def test_the_key_and_the_request_id_reach_the_scheduler(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(created())
    answer = await gateway.call(
        "POST", "/v1/check", json={"fqdn": "example.com"}, headers={"x-request-id": "mine-1"}
    )
    assert answer.status == 201
    assert gateway.scheduler.last.metadata["x-api-key"] == API_KEY
    assert gateway.scheduler.last.metadata["x-request-id"] == "mine-1"
    assert gateway.scheduler.last.seconds_left < 6.0


async def test_a_bearer_token_is_a_key(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(created())
    headers = {"x-api-key": None, "Authorization": f"Bearer {API_KEY}"}
    answer = await gateway.call("POST", "/v1/check", json={"fqdn": "example.com"}, headers=headers)
    assert answer.status == 201
    assert gateway.scheduler.last.metadata["x-api-key"] == API_KEY


async def test_the_allowance_is_told_when_there_is_a_limit(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(created(600, 599), created())
    limited = await gateway.post("/v1/check", {"fqdn": "example.com"})
    unlimited = await gateway.post("/v1/check", {"fqdn": "example.com"})
    assert limited.headers["RateLimit-Limit"] == "600"
    assert limited.headers["RateLimit-Remaining"] == "599"
    assert limited.headers["RateLimit-Reset"] == "60"
    assert "RateLimit-Limit" not in unlimited.headers


async def test_over_the_limit_says_when_to_come_back(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        RateLimited("600 a minute", limit=600, remaining=0, reset_s=41, retry_after_s=41)
    )
    answer = await gateway.post("/v1/check", {"fqdn": "example.com"})
    assert answer.status == 429
    assert answer.body["error"]["code"] == "rate_limited"
    assert answer.headers["Retry-After"] == "41"
    assert answer.headers["RateLimit-Limit"] == "600"
    assert answer.headers["RateLimit-Remaining"] == "0"
    assert answer.headers["RateLimit-Reset"] == "41"


async def test_what_the_scheduler_refuses_is_passed_on(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        InvalidRequest("Invalid FQDN format", field="fqdn", value="not-a-valid-domain")
    )
    answer = await gateway.post("/v1/check", {"fqdn": "not-a-valid-domain"})
    assert answer.status == 400
    error = answer.body["error"]
    assert error["code"] == "invalid_request"
    assert error["message"] == "Invalid FQDN format"
    assert error["details"] == {"field": "fqdn", "value": "not-a-valid-domain"}
    assert error["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("body", "field", "value", "told"),
    [
        ({}, "fqdn", None, "required"),
        ({"fqdn": 5}, "fqdn", 5, "string"),
        ({"fqdn": None}, "fqdn", None, "string"),
        ({"fqdn": "a.b", "ports": "80"}, "ports", "80", "array"),
        ({"fqdn": "a.b", "ports": [80, "443"]}, "ports[1]", "443", "integer"),
        ({"fqdn": "a.b", "ports": [80.0]}, "ports[0]", 80.0, "integer"),
        ({"fqdn": "a.b", "ports": [True]}, "ports[0]", True, "integer"),
        ({"fqdn": "a.b", "ports": [0]}, "ports[0]", 0, "at least 1"),
        ({"fqdn": "a.b", "ports": [65536]}, "ports[0]", 65536, "at most 65535"),
        ({"fqdn": "a.b", "ports": MANY}, "ports", MANY, "at most 20 different"),
        ({"fqdn": "a.b", "ports": []}, "ports", [], "at least 1"),
        ({"fqdn": "a.b", "paths": []}, "paths", [], "at least 1"),
        ({"fqdn": "a.b", "paths": [None]}, "paths[0]", None, "string"),
        ({"fqdn": "a.b", "vantage_point": 1}, "vantage_point", 1, "string"),
        ({"fqdn": "a.b", "include_content_sample": 1}, "include_content_sample", 1, "true"),
        (
            {"fqdn": "a.b", "include_content_sample": "false"},
            "include_content_sample",
            "false",
            "true or false",
        ),
        ({"fqdn": "a.b", "content_retention_days": 6}, "content_retention_days", 6, "least 7"),
        ({"fqdn": "a.b", "content_retention_days": 31}, "content_retention_days", 31, "most 30"),
        ({"fqdn": "a.b", "port": [80]}, "port", [80], '"ports"'),
    ],
)
async def test_a_wrong_shape_never_reaches_the_scheduler(
    gateway: Gateway, body: object, field: str, value: object, told: str
) -> None:
    answer = await gateway.post("/v1/check", body)
    assert answer.status == 400
    error = answer.body["error"]
    assert error["code"] == "invalid_request"
    assert error["details"]["field"] == field
    assert error["details"]["value"] == value
    assert told in error["message"]
    assert gateway.scheduler.asked == []


async def test_an_unknown_field_names_the_nearest_known_one(gateway: Gateway) -> None:
    answer = await gateway.post("/v1/check", {"fqnd": "example.com"})
    assert answer.status == 400
    assert answer.body["error"]["details"] == {
        "field": "fqnd",
        "value": "example.com",
        "nearest": "fqdn",
    }


async def test_a_path_over_2048_characters_comes_back_cut(gateway: Gateway) -> None:
    answer = await gateway.post("/v1/check", {"fqdn": "a.b", "paths": ["/" + "a" * 2048]})
    assert answer.status == 400
    assert answer.body["error"]["details"]["field"] == "paths[0]"
    assert len(answer.body["error"]["details"]["value"]) < 300


@pytest.mark.parametrize("body", [[], "example.com", 5, True])
async def test_a_body_that_is_no_object_is_refused(gateway: Gateway, body: object) -> None:
    answer = await gateway.post("/v1/check", body)
    assert answer.status == 400
    assert "object" in answer.body["error"]["message"]
    assert answer.body["error"]["details"] == {}


def completed() -> check_service_pb2.GetCheckResponse:
    check = pending()
    check.status = check_pb2.CHECK_STATUS_COMPLETED
    check.result.CopyFrom(
        check_pb2.CheckResult(
            analysis=verdict_pb2.Analysis(
                reachable=True,
                speaks_http=True,
                analyzable=True,
                kind="api",
                api_doc_detected=True,
            ),
            dns=facts_pb2.DnsFacts(a_records=["93.184.216.34"]),
            ports=[
                facts_pb2.PortFacts(
                    port=443,
                    state=facts_pb2.TCP_STATE_OPEN,
                    tls=facts_pb2.TlsFacts(
                        valid=True,
                        chain=[facts_pb2.Certificate(not_after=Timestamp(seconds=1_798_761_600))],
                    ),
                )
            ],
            paths=[facts_pb2.PathFacts(path="/", status_code=200, content_type="application/json")],
        )
    )
    return check_service_pb2.GetCheckResponse(check=check)


async def test_a_completed_check_has_every_documented_field(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(completed())
    answer = await gateway.get(f"/v1/check/{CHECK_ID}")
    assert answer.status == 200
    assert gateway.scheduler.last.request.id == CHECK_ID
    body = answer.body
    assert {name: body[name] for name in ("id", "fqdn", "status")} == {
        "id": CHECK_ID,
        "fqdn": "example.com",
        "status": "completed",
    }
    documented = {
        "reachable": True,
        "speaks_http": True,
        "analyzable": True,
        "kind": "api",
        "auth_detected": False,
        "api_doc_detected": True,
    }
    assert documented.items() <= body["analysis"].items()
    added: dict[str, object] = {"analyzability": "analyzable", "kind_runner_up": None, "layers": []}
    assert added.items() <= body["analysis"].items()
    assert body["dns"]["a_records"] == ["93.184.216.34"]
    assert body["dns"]["aaaa_records"] == []
    [port] = body["ports"]
    assert (port["port"], port["tcp_open"]) == (443, True)
    assert port["tls"]["valid"] is True
    assert port["tls"]["expires_at"] == "2027-01-01T00:00:00Z"
    [path] = body["paths"]
    assert (path["path"], path["status_code"], path["content_type"]) == (
        "/",
        200,
        "application/json",
    )


async def test_a_pending_check_has_no_verdict_yet(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(check_service_pb2.GetCheckResponse(check=pending()))
    answer = await gateway.get(f"/v1/check/{CHECK_ID}")
    assert answer.status == 200
    assert answer.body["status"] == "pending"
    assert answer.body["analysis"] is None
    assert answer.body["dns"] is None
    assert answer.body["ports"] == answer.body["paths"] == []


async def test_a_check_of_somebody_else_is_not_found(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(NotFound("There is no such check in this account"))
    answer = await gateway.get(f"/v1/check/{CHECK_ID}")
    assert answer.status == 404
    assert answer.body["error"]["code"] == "not_found"
    assert answer.body["error"]["details"] == {}


@pytest.mark.parametrize("check_id", ["chk_abc123", "x", "%00", "..", "%ff", CHECK_ID.upper()])
async def test_what_cannot_be_an_id_is_not_looked_up(gateway: Gateway, check_id: str) -> None:
    answer = await gateway.get(f"/v1/check/{check_id}")
    assert answer.status == 404
    assert answer.body["error"]["code"] == "not_found"
    assert gateway.scheduler.asked == []


async def test_head_answers_as_get_without_a_body(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(completed(), completed())
    got = await gateway.get(f"/v1/check/{CHECK_ID}")
    head = await gateway.call("HEAD", f"/v1/check/{CHECK_ID}")
    assert head.status == 200
    assert head.content == b""
    assert head.headers["Content-Length"] == str(len(got.content))


async def test_a_check_is_cancelled_and_shown(gateway: Gateway) -> None:
    cancelled = pending()
    cancelled.status = check_pb2.CHECK_STATUS_CANCELLED
    cancelled.ended_at.CopyFrom(CREATED_AT)
    gateway.scheduler.will_answer(check_service_pb2.CancelCheckResponse(check=cancelled))
    answer = await gateway.call("DELETE", f"/v1/check/{CHECK_ID}")
    assert answer.status == 200
    assert answer.body["status"] == "cancelled"
    assert (answer.body["analysis"], answer.body["failure"]) == (None, None)
    assert answer.body["completed_at"] is not None
    assert gateway.scheduler.last.request == check_service_pb2.CancelCheckRequest(id=CHECK_ID)


async def test_a_check_that_has_ended_cannot_be_cancelled(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(Conflict("It has ended", status="completed"))
    answer = await gateway.call("DELETE", f"/v1/check/{CHECK_ID}")
    assert answer.status == 409
    assert answer.body["error"]["code"] == "conflict"
    assert answer.body["error"]["details"] == {"status": "completed"}


async def test_what_no_check_can_be_named_is_not_cancelled(gateway: Gateway) -> None:
    answer = await gateway.call("DELETE", "/v1/check/nonsense")
    assert (answer.status, answer.body["error"]["code"]) == (404, "not_found")
    assert gateway.scheduler.asked == []
