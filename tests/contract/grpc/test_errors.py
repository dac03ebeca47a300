"""Each refusal over gRPC: its status, and the google.rpc details a machine can read."""

import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RequestInfo, RetryInfo
from google.rpc.status_pb2 import Status

from deploy.local.postgres import Postgres
from outscope.apikey import new_api_key
from outscope.bus.connect import Bus
from outscope.errors import ERROR_TABLE
from outscope.rpc.metadata import X_API_KEY, X_REQUEST_ID
from outscope.v1 import (
    api_key_service_pb2,
    check_pb2,
    check_service_pb2,
    delivery_service_pb2,
    webhook_service_pb2,
)
from services.scheduler.store.database import Database, open_database
from services.scheduler.store.migrate import migrate
from tests.backends import ServerProcess, postgres_process
from tests.integration.scheduler.driving import (
    Caller,
    calling,
    make_key,
    probing,
    rows,
    running_scheduler,
)

ROWS = {row.code: row for row in ERROR_TABLE}
# Where every gRPC library looks for google.rpc.Status.
DETAILS_KEY = "grpc-status-details-bin"

Call = Callable[[], Awaitable[object]]


async def status_of(call: Awaitable[object]) -> Status:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    trailers = dict(raised.value.trailing_metadata() or ())
    status = Status.FromString(trailers[DETAILS_KEY])
    assert status.code == raised.value.code().value[0]
    assert status.message == raised.value.details()
    return status


def detail(status: Status, kind: type[Message]) -> Message:
    for packed in status.details:
        found = kind()
        if packed.Unpack(found):
            return found
    raise AssertionError(f"no {kind.__name__} in {status}")


def info(status: Status) -> ErrorInfo:
    found = detail(status, ErrorInfo)
    assert isinstance(found, ErrorInfo)
    assert found.domain == "outscope"
    return found


def metadata(status: Status) -> dict[str, object]:
    return {name: json.loads(text) for name, text in info(status).metadata.items()}


def create(caller: Caller, spec: check_pb2.CheckSpec, *more: tuple[str, str]) -> Awaitable[object]:
    request = check_service_pb2.CreateCheckRequest(spec=spec)
    return caller.checks.CreateCheck(request, metadata=(*caller.metadata, *more))


def test_every_row_of_the_table_has_its_grpc_code() -> None:
    assert all(hasattr(grpc.StatusCode, row.grpc_code) for row in ERROR_TABLE)


@pytest.mark.parametrize(
    ("spec", "field", "value"),
    [
        (check_pb2.CheckSpec(), "fqdn", ""),
        (check_pb2.CheckSpec(fqdn="not-a-valid-domain"), "fqdn", "not-a-valid-domain"),
        (check_pb2.CheckSpec(fqdn="https://a.example/x"), "fqdn", "https://a.example/x"),
        (check_pb2.CheckSpec(fqdn="a.example", ports=[80, 443, 0]), "ports[2]", 0),
        (check_pb2.CheckSpec(fqdn="a.example", ports=[70_000]), "ports[0]", 70_000),
        (check_pb2.CheckSpec(fqdn="a.example", ports=range(1, 22)), "ports", 21),
        (check_pb2.CheckSpec(fqdn="a.example", paths=["/", "api"]), "paths[1]", "api"),
        (check_pb2.CheckSpec(fqdn="a.example", vantage_point="mars"), "vantage_point", "mars"),
        (
            check_pb2.CheckSpec(fqdn="a.example", content_retention_days=31),
            "content_retention_days",
            31,
        ),
    ],
)
async def test_an_invalid_request_names_the_field_and_what_was_sent(
    caller: Caller, spec: check_pb2.CheckSpec, field: str, value: object
) -> None:
    status = await status_of(create(caller, spec))
    assert status.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert info(status).reason == "INVALID_REQUEST"
    assert (metadata(status)["field"], metadata(status)["value"]) == (field, value)
    violations = detail(status, BadRequest)
    assert isinstance(violations, BadRequest)
    assert [each.field for each in violations.field_violations] == [field]
    assert violations.field_violations[0].description == status.message


async def test_an_unknown_vantage_point_is_told_those_that_exist(caller: Caller) -> None:
    spec = check_pb2.CheckSpec(fqdn="a.example", vantage_point="mars")
    status = await status_of(create(caller, spec))
    assert metadata(status)["vantage_points"] == ["eu-west-1", "us-east-1"]
    assert "eu-west-1, us-east-1" in status.message


async def test_what_was_sent_comes_back_within_bounds(caller: Caller) -> None:
    status = await status_of(create(caller, check_pb2.CheckSpec(fqdn="x" * 500_000)))
    assert len(str(metadata(status)["value"])) < 1000


async def test_the_request_id_is_the_caller_s_or_ours(caller: Caller) -> None:
    spec = check_pb2.CheckSpec(fqdn="nope")
    theirs = detail(await status_of(create(caller, spec, (X_REQUEST_ID, "req-7"))), RequestInfo)
    assert theirs == RequestInfo(request_id="req-7")
    ours = detail(await status_of(create(caller, spec)), RequestInfo)
    assert isinstance(ours, RequestInfo)
    assert ours.request_id.startswith("req_")


def check_row(status: Status, code: str) -> None:
    row = ROWS[code]
    assert status.code == getattr(grpc.StatusCode, row.grpc_code).value[0]
    assert info(status).reason == code.upper()
    assert detail(status, RequestInfo)


async def test_each_row_that_a_caller_can_meet(
    caller: Caller, stranger: Caller, service: Caller, bus: Bus
) -> None:
    check = await caller.create()
    async with probing(bus):
        await caller.watch(check.id)
    get = check_service_pb2.GetCheckRequest(id=check.id)
    keys = api_key_service_pb2.ListApiKeysRequest()
    delivery = delivery_service_pb2.GetDeliveryRequest(delivery_id="dlv_x")
    hook = webhook_service_pb2.CreateWebhookRequest(url="http://a.example/", events=["x"])
    unknown = ((X_API_KEY, new_api_key()),)
    met: dict[str, Awaitable[object]] = {
        "unauthorized": caller.checks.GetCheck(get, metadata=unknown),
        "forbidden": caller.keys.ListApiKeys(keys, metadata=caller.metadata),
        "not_found": stranger.checks.GetCheck(get, metadata=stranger.metadata),
        "invalid_request": caller.webhooks.CreateWebhook(hook, metadata=caller.metadata),
    }
    for code, call in met.items():
        check_row(await status_of(call), code)
    absent = service.deliveries.GetDelivery(delivery, metadata=service.metadata)
    check_row(await status_of(absent), "not_found")


async def test_a_rate_limited_caller_is_told_when_to_come_back(
    address: str, database: Database
) -> None:
    key, _, _ = await make_key(database, rate_limit=1)
    async with calling(address, key) as caller:
        await caller.create()
        status = await status_of(create(caller, check_pb2.CheckSpec(fqdn="a.example")))
    check_row(status, "rate_limited")
    told = metadata(status)
    assert (told["limit"], told["remaining"]) == (1, 0)
    retry = detail(status, RetryInfo)
    assert isinstance(retry, RetryInfo)
    assert 0 < retry.retry_delay.seconds <= 60
    assert told["retry_after_s"] == told["reset_s"] == retry.retry_delay.seconds


async def test_a_defect_is_shown_as_a_request_id_and_nothing_else(
    caller: Caller, database: Database
) -> None:
    await caller.create()
    await rows(database, "ALTER TABLE checks RENAME TO secret_table")
    status = await status_of(create(caller, check_pb2.CheckSpec(fqdn="a.example")))
    check_row(status, "internal_error")
    request = detail(status, RequestInfo)
    assert isinstance(request, RequestInfo)
    assert request.request_id in status.message
    assert "secret_table" not in str(status)
    assert "checks" not in status.message


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[ServerProcess[Postgres]]:
    with postgres_process(tmp_path) as process:
        yield process


async def test_an_outage_of_the_database_is_unavailable_and_no_defect(
    nats_url: str, bus: Bus, own_postgres: ServerProcess[Postgres]
) -> None:
    url = own_postgres.server.url("postgres")
    await migrate(url)
    async with open_database(url) as database:
        key, _, _ = await make_key(database)
    async with running_scheduler(url, nats_url) as address, calling(address, key) as caller:
        check = await caller.create()
        own_postgres.kill()
        get = check_service_pb2.GetCheckRequest(id=check.id)
        status = await status_of(caller.checks.GetCheck(get, metadata=caller.metadata))
        check_row(status, "unavailable")
        assert "psycopg" not in str(status)
