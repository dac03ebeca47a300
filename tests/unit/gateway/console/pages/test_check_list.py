from services.gateway.console.pages.check_list import check_list_page
from services.gateway.schemas.check_list import LIST_EXAMPLE
from tests.unit.gateway.test_html import Reader


def test_filters_go_along_to_the_next_page_and_to_curl() -> None:
    asked = {"fqdn": "a&b", "status": "failed", "cursor": ""}
    read = Reader(check_list_page(LIST_EXAMPLE, asked, "http://h"))
    links = [a["href"] for name, a in read.elements if name == "a"]
    assert "/checks?fqdn=a%26b&status=failed&cursor=cur_xyz789" in links
    assert "'http://h/v1/checks?fqdn=a%26b&status=failed'" in read.text
    assert [a["value"] for n, a in read.elements if n == "option" and "selected" in a] == ["failed"]


def test_none_is_said_to_be_none() -> None:
    answer = {"data": [], "pagination": {"next_cursor": None, "has_more": False}}
    assert "No checks were found" in check_list_page(answer, {}, "http://h")
