import pytest

from outscope.errors import NotFound, Unauthorized, Unavailable
from outscope.v1 import check_service_pb2, usage_service_pb2
from services.gateway.console import site
from services.gateway.console.site import _PAGES
from services.gateway.routes import OPERATIONS
from tests.integration.gateway.conftest import API_KEY, SESSIONS, Gateway
from tests.integration.gateway.recorded import CHECK_ID, pending

pytestmark = pytest.mark.asyncio(loop_scope="session")

HTML = "text/html; charset=utf-8"


@pytest.mark.parametrize("path", ["/", "/checks", "/webhooks", "/usage", "/sign-in"])
async def test_who_does_not_ask_for_html_gets_what_the_api_says(
    gateway: Gateway, path: str
) -> None:
    answer = await gateway.get(path)
    assert (answer.status, answer.body["error"]["code"]) == (404, "not_found")
    answer = await gateway.call("POST", path, json={})
    assert (answer.status, answer.body["error"]["code"]) == (404, "not_found")


async def test_what_is_no_page_is_the_apis_to_answer(gateway: Gateway) -> None:
    answer = await gateway.visit("/nowhere")
    assert (answer.status, answer.body["error"]["code"]) == (404, "not_found")
    answer = await gateway.visit("/v1/usage")
    assert (answer.status, answer.body["error"]["code"]) == (401, "unauthorized")


async def test_nothing_but_files_of_ours_runs_on_a_page(gateway: Gateway) -> None:
    answer = await gateway.visit("/sign-in")
    assert (answer.status, answer.headers["Content-Type"]) == (200, HTML)
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Request-Id"].startswith("req_")


async def test_a_session_holds_the_key_sealed(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(usage_service_pb2.GetUsageResponse())
    answer = await gateway.visit("/sign-in", {"api_key": f" {API_KEY} ", "next": "//evil.test"})
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie
    assert API_KEY not in cookie
    sealed = cookie.partition("=")[2].partition(";")[0]
    assert SESSIONS.opened(sealed) == API_KEY
    assert gateway.scheduler.last.metadata["x-api-key"] == API_KEY


async def test_behind_a_proxy_with_tls_the_cookie_is_secure(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(usage_service_pb2.GetUsageResponse())
    form = {"api_key": API_KEY, "next": "/"}
    answer = await gateway.visit("/sign-in", form, x_forwarded_proto="https")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie
    gateway.scheduler.will_answer(usage_service_pb2.GetUsageResponse())
    sent = cookie.partition(";")[0]
    answer = await gateway.visit("/usage", x_forwarded_proto="https", cookie=sent)
    assert answer.status == 200
    # Any neighbouring host may set one without that prefix, with a key of its own in it.
    answer = await gateway.visit("/usage", x_forwarded_proto="https")
    assert answer.status == 303


@pytest.mark.parametrize("key", ["svc_nonsense", "\u00e9", "a\nb"])
async def test_what_is_no_key_signs_nobody_in(gateway: Gateway, key: str) -> None:
    answer = await gateway.visit("/sign-in", {"api_key": key})
    assert answer.status == 401
    assert "Set-Cookie" not in answer.headers
    assert not gateway.scheduler.asked


@pytest.mark.parametrize("path", ["/", "/sign-in", "/sign-out", f"/checks/{CHECK_ID}/cancel"])
async def test_a_form_of_a_stranger_does_nothing(gateway: Gateway, path: str) -> None:
    form = {"fqdn": "example.com", "api_key": API_KEY}
    answer = await gateway.visit(path, form, sec_fetch_site="cross-site")
    assert answer.status == 403
    assert not gateway.scheduler.asked


async def test_without_a_session_one_signs_in_and_comes_back(gateway: Gateway) -> None:
    answer = await gateway.visit("/checks?fqdn=a%26b", cookie="outscope_session=forged")
    assert answer.status == 303
    assert answer.headers["Location"] == "/sign-in?next=%2Fchecks%3Ffqdn%3Da%2526b"
    answer = await gateway.visit("/", {"fqdn": "example.com"}, cookie="")
    assert answer.status == 401
    assert not gateway.scheduler.asked


async def test_signing_out_takes_the_cookie_back(gateway: Gateway) -> None:
    answer = await gateway.visit("/sign-out", {})
    assert answer.status == 303
    assert "Max-Age=0" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("refusal", "status", "said"),
    [
        (NotFound("There is no <such> check"), 404, b"There is no &lt;such&gt; check"),
        (Unauthorized("revoked"), 401, b"not valid any more"),
        (Unavailable("away"), 503, b"away"),
    ],
)
async def test_what_the_api_refuses_is_a_page_with_its_status(
    gateway: Gateway, refusal: Exception, status: int, said: bytes
) -> None:
    gateway.scheduler.will_answer(*[refusal] * 9)
    answer = await gateway.visit(f"/checks/{CHECK_ID}")
    assert (answer.status, answer.headers["Content-Type"]) == (status, HTML)
    assert said in answer.content
    assert ("Max-Age=0" in answer.headers.get("Set-Cookie", "")) is (status == 401)


async def test_events_and_the_report_are_the_apis_own(gateway: Gateway) -> None:
    gateway.scheduler.will_tell(
        check_service_pb2.WatchCheckResponse(check=pending(), event_id=1), NotFound("gone")
    )
    answer = await gateway.visit(f"/console/checks/{CHECK_ID}/events", accept="text/event-stream")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert b"event: queued" in answer.content
    gateway.scheduler.will_answer(check_service_pb2.GetCheckResponse(check=pending()))
    answer = await gateway.visit(f"/console/checks/{CHECK_ID}/report.html")
    assert b"The check is pending" in answer.content
    gateway.scheduler.will_answer(check_service_pb2.GetCheckResponse(check=pending()))
    printed = await gateway.visit(f"/console/checks/{CHECK_ID}/report.pdf")
    # Where Pango is not installed, the API says so itself.
    assert printed.content.startswith(b"%PDF-") or b"Pango" in printed.content
    assert len([name for name in answer.headers if name.lower() == "x-request-id"]) == 1
    answer = await gateway.visit(f"/console/checks/{CHECK_ID}/events", cookie="")
    assert answer.status == 303


@pytest.mark.parametrize("beside", ["events", "explain", "report.html", "review"])
@pytest.mark.parametrize("path", ["/?again={}", "/compare?check={}&check={}"])
async def test_a_page_of_a_check_is_made_of_a_check_alone(
    gateway: Gateway, path: str, beside: str
) -> None:
    named = f"{CHECK_ID}/{beside}"
    answer = await gateway.visit(path.format(named, named))
    assert (answer.status, answer.headers["Content-Type"]) == (404, HTML)
    assert b"There is no such check in this account (not_found" in answer.content
    assert not gateway.scheduler.asked
    assert (await gateway.visit("/checks/latest")).status == 404


@pytest.mark.parametrize("path", ["/checks/", "/webhooks/whk_1/nothing", "/console/nothing/here"])
async def test_a_person_who_mistypes_gets_a_page_and_a_client_the_apis_refusal(
    gateway: Gateway, path: str
) -> None:
    answer = await gateway.visit(path)
    assert (answer.status, answer.headers["Content-Type"]) == (404, HTML)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    answer = await gateway.get(path)
    assert (answer.status, answer.body["error"]["code"]) == (404, "not_found")


async def test_the_address_of_a_button_shows_nothing_and_says_what_it_takes(
    gateway: Gateway,
) -> None:
    answer = await gateway.visit(f"/checks/{CHECK_ID}/cancel")
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert b"only takes what a button sends" in answer.content
    headers = {"accept": "text/html", "x-api-key": None}
    answer = await gateway.call("PUT", "/", headers=headers)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, POST")
    assert not gateway.scheduler.asked


async def test_no_page_lies_where_the_api_has_an_operation() -> None:
    steps = {path.split("/")[1] for _, path, _ in _PAGES} | {"console", "sign-in", "sign-out"}
    assert not steps & {operation.path.split("/")[1] for operation in OPERATIONS}


async def test_a_defect_of_ours_is_a_page_without_its_detail(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_: str) -> str:
        raise LookupError("secret detail")

    monkeypatch.setattr(site, "sign_in_page", breaks)
    answer = await gateway.visit("/sign-in", x_request_id="mine")
    assert (answer.status, answer.headers["Content-Type"]) == (500, HTML)
    assert answer.headers["Cache-Control"] == "no-store"
    assert b"on our side" in answer.content
    assert b"mine" in answer.content
    assert b"secret" not in answer.content


async def test_head_of_a_page_is_that_of_get(gateway: Gateway) -> None:
    headers = {"accept": "text/html", "x-api-key": None}
    answer = await gateway.call("HEAD", "/checks", headers=headers)
    assert (answer.status, answer.content) == (303, b"")
    assert answer.headers["Location"] == "/sign-in?next=%2Fchecks"
