import pytest

from outscope.errors import Unauthorized, Unavailable
from outscope.v1.check_service_pb2 import WatchCheckResponse
from services.gateway import following
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.recorded import CHECK_ID
from tests.integration.gateway.test_waiting import COMPLETED, PENDING

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = f"/v1/check/{CHECK_ID}?wait=30"
AWAY = Unavailable("going away")
NOTHING_NEW = WatchCheckResponse()


async def test_a_stream_that_breaks_is_taken_up_after_what_was_seen(gateway: Gateway) -> None:
    gateway.scheduler.will_tell(PENDING, 0.05, AWAY)
    gateway.scheduler.will_tell(NOTHING_NEW, 0.05, AWAY)
    gateway.scheduler.will_tell(COMPLETED)
    answer = await gateway.get(PATH)
    assert (answer.status, answer.body["status"]) == (200, "completed")
    afters = [asked.request.after for asked in gateway.scheduler.asked]
    assert afters == [0, 10_000, 10_000]


async def test_a_first_stream_that_cannot_be_opened_is_not_tried_again(gateway: Gateway) -> None:
    gateway.scheduler.will_tell(AWAY)
    assert (await gateway.get(PATH)).status == 503
    assert len(gateway.scheduler.asked) == 1


async def test_when_no_scheduler_comes_back_it_is_told(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_PAUSE_S", 0.001)
    gateway.scheduler.will_tell(PENDING, AWAY)
    for _ in range(10):
        gateway.scheduler.will_tell(AWAY)
    assert (await gateway.get(PATH)).status == 503
    assert len(gateway.scheduler.asked) == 6


async def test_what_else_ends_a_stream_is_passed_on(gateway: Gateway) -> None:
    gateway.scheduler.will_tell(PENDING, Unauthorized("The API key is revoked"))
    assert (await gateway.get(PATH)).status == 401
    assert len(gateway.scheduler.asked) == 1


async def test_a_scheduler_one_version_older_has_no_ids(gateway: Gateway) -> None:
    gateway.scheduler.will_tell(WatchCheckResponse(check=PENDING.check), AWAY)
    gateway.scheduler.will_tell(
        WatchCheckResponse(check=PENDING.check), WatchCheckResponse(check=COMPLETED.check)
    )
    assert (await gateway.get(PATH)).body["status"] == "completed"


async def test_pauses_grow_and_are_drawn() -> None:
    drawn = [following._pause_s(failures) for failures in range(1, 12)]  # noqa: SLF001 - as told
    assert all(0 <= pause_s <= 2 for pause_s in drawn)
    assert len(set(drawn)) > 1
