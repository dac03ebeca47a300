import asyncio

import pytest

from outscope.errors import NotFound
from outscope.v1 import check_pb2, check_service_pb2
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.recorded import CHECK_ID, pending
from tests.pango import needs_pango

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_check_is_shown_as_a_page_that_runs_nothing(gateway: Gateway) -> None:
    check = pending()
    check.status = check_pb2.CHECK_STATUS_FAILED
    check.failure.reason = "target_refused"
    check.failure.message = "<b>refused</b>"
    gateway.scheduler.will_answer(check_service_pb2.GetCheckResponse(check=check))
    answer = await gateway.get(f"/v1/check/{CHECK_ID}/report.html")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src")
    assert answer.headers["Cache-Control"] == "no-store"
    assert f"outscope-{CHECK_ID}.html" in answer.headers["Content-Disposition"]
    assert b"&lt;b&gt;refused&lt;/b&gt;" in answer.content
    assert b"This says nothing about the target." in answer.content
    assert gateway.scheduler.last.request.id == CHECK_ID


async def test_of_a_pending_check_the_page_says_so(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(check_service_pb2.GetCheckResponse(check=pending()))
    answer = await gateway.get(f"/v1/check/{CHECK_ID}/report.html")
    assert b"The check is pending" in answer.content
    assert b"What was looked at" not in answer.content


async def test_what_is_no_check_of_the_account_is_a_404(gateway: Gateway) -> None:
    answer = await gateway.get("/v1/check/nonsense/report.html")
    assert (answer.status, answer.body["error"]["code"]) == (404, "not_found")
    assert not gateway.scheduler.asked
    gateway.scheduler.will_answer(NotFound("There is no such check", field="id"))
    answer = await gateway.get(f"/v1/check/{CHECK_ID}/report.html")
    assert answer.status == 404
    answer = await gateway.call("GET", f"/v1/check/{CHECK_ID}/report.html", headers={})
    assert answer.headers["Content-Type"].startswith("application/json")


@needs_pango
async def test_a_check_is_shown_as_a_pdf_while_others_are_answered(gateway: Gateway) -> None:
    check = pending()
    check.status = check_pb2.CHECK_STATUS_FAILED
    check.failure.reason = "target_refused"
    check.failure.message = "<img src=http://127.0.0.1/>" * 100
    gateway.scheduler.will_answer(check_service_pb2.GetCheckResponse(check=check))
    printing = asyncio.create_task(gateway.get(f"/v1/check/{CHECK_ID}/report.pdf"))
    async with asyncio.timeout(5):
        while not gateway.scheduler.asked:
            await asyncio.sleep(0.01)
    assert (await gateway.get("/healthz")).status == 200
    assert not printing.done()
    answer = await printing
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.headers["Cache-Control"] == "no-store"
    assert f"outscope-{CHECK_ID}.pdf" in answer.headers["Content-Disposition"]
    assert answer.content.startswith(b"%PDF-")


async def test_a_pdf_of_no_check_of_the_account_is_a_404(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(NotFound("There is no such check", field="id"))
    answer = await gateway.get(f"/v1/check/{CHECK_ID}/report.pdf")
    assert (answer.status, answer.body["error"]["code"]) == (404, "not_found")
