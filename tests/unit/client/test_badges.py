"""What is asked of badges."""

from outscope_client.badges import every, list_page, publish, withdraw

from services.gateway.schemas.badge import BADGE_EXAMPLE, BADGE_LIST_EXAMPLE
from tests.unit.client.stepping import reply, run, settings


def test_a_name_is_published_and_withdrawn_as_documented() -> None:
    published = run(publish("example.com"), iter([reply(200, BADGE_EXAMPLE)]), settings())
    request = published.requests[0]
    assert (request.method, request.path) == ("PUT", "/v1/badge/example.com")
    assert published.result.path == "/v1/badge/example.com.svg"
    withdrawn = run(withdraw("a/b.example"), iter([reply(204, None)]), settings())
    request = withdrawn.requests[0]
    assert (request.method, request.path) == ("DELETE", "/v1/badge/a%2Fb.example")
    assert withdrawn.result is None


def test_published_names_are_listed_page_by_page() -> None:
    listed = run(
        list_page(limit=1, cursor="cur_1"), iter([reply(200, BADGE_LIST_EXAMPLE)]), settings()
    )
    request = listed.requests[0]
    assert (request.method, request.path) == ("GET", "/v1/badges")
    assert request.query == {"limit": "1", "cursor": "cur_1"}
    assert listed.result.data[0].fqdn == "example.com"
    assert every().page("cur_2").query == {"limit": "100", "cursor": "cur_2"}
