import pytest

from services.gateway.console.answers import going_on, page_answer
from tests.integration.gateway.conftest import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("page.css", "text/css; charset=utf-8"),
        ("page.js", "text/javascript; charset=utf-8"),
        ("theme.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ],
)
async def test_files_are_served_to_anybody_and_known_again(
    gateway: Gateway, name: str, media_type: str
) -> None:
    answer = await gateway.get(f"/console/{name}")
    assert (answer.status, answer.headers["Content-Type"]) == (200, media_type)
    again = await gateway.get(f"/console/{name}", **{"if-none-match": answer.headers["ETag"]})
    assert (again.status, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["app.py", "..%2F..%2Fapp.py", "%00"])
async def test_no_other_file_is_served(gateway: Gateway, name: str) -> None:
    assert (await gateway.get(f"/console/{name}")).status == 404


async def test_an_answer_may_set_a_cookie_and_leads_nowhere_else() -> None:
    assert "set-cookie" not in page_answer("").headers
    assert page_answer("", 404, cookie="a=b").headers["set-cookie"] == "a=b"
    assert going_on("/a b\r\nX: y").headers["location"] == "/a%20b%0D%0AX:%20y"
