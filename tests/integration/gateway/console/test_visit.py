import pytest

from outscope.errors import Unauthorized, Unavailable
from services.gateway.console import visit
from tests.integration.gateway.conftest import API_KEY, SESSIONS, Gateway
from tests.integration.gateway.recorded import CHECK_ID

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_form_of_another_type_is_not_read(gateway: Gateway) -> None:
    headers = {"accept": "text/html", "sec-fetch-site": "same-origin", "content-type": "text/plain"}
    answer = await gateway.call("POST", "/sign-in", headers=headers, body=b"api_key=x")
    assert answer.status == 415
    assert b"not sent as forms are" in answer.content


@pytest.mark.parametrize(
    ("form", "status"),
    [({"api_key": "x" * 70_000}, 413), ({f"f{number}": "x" for number in range(100)}, 400)],
)
async def test_a_form_that_is_too_large_is_not_read(
    gateway: Gateway, form: dict[str, str], status: int
) -> None:
    answer = await gateway.visit("/sign-in", form)
    assert answer.status == status
    assert API_KEY.encode() not in answer.content


async def test_curl_is_told_where_the_browser_came_to(gateway: Gateway) -> None:
    session = f"__Host-outscope_session={SESSIONS.sealed(API_KEY)}"
    answer = await gateway.visit(
        "/compare", host="scope.test", x_forwarded_proto="https", cookie=session
    )
    assert answer.status == 200
    assert b"https://scope.test/v1/" in answer.content
    gateway.scheduler.will_answer(LookupError("a defect"))
    answer = await gateway.visit("/keys", host="scope.test")
    assert answer.status == 500


async def test_who_is_refused_for_now_can_try_the_same_again(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(*[Unavailable("away")] * 9)
    answer = await gateway.visit("/checks?status=failed&fqdn=a.test")
    assert b'href="/checks?status=failed&amp;fqdn=a.test"' in answer.content
    gateway.scheduler.will_answer(*[Unavailable("away")] * 9)
    assert b"Try again" not in (await gateway.visit(f"/checks/{CHECK_ID}/cancel", {})).content


async def test_whose_key_has_ended_comes_back_to_the_same_page(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(Unauthorized("revoked"))
    answer = await gateway.visit("/checks?status=failed")
    assert answer.status == 401
    assert b'name="next" value="/checks?status=failed"' in answer.content


async def test_a_form_that_does_not_arrive_is_not_waited_for(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit, "_PATIENCE_S", 0.2)
    answered = await gateway.raw(
        b"POST /sign-in HTTP/1.1\r\nHost: a\r\nSec-Fetch-Site: same-origin\r\n"
        b"Accept: text/html\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Connection: close\r\nContent-Length: 9\r\n\r\napi"
    )
    assert answered.startswith(b"HTTP/1.1 400")
    assert b"did not arrive within" in answered
    assert not gateway.scheduler.asked
