from services.gateway.console.pages.sign_in import sign_in_page
from tests.unit.gateway.test_html import Reader


def test_the_way_on_is_kept_and_a_problem_said() -> None:
    read = Reader(sign_in_page('/checks?"', "<No>"))
    assert [a["value"] for _, a in read.elements if a.get("name") == "next"] == ['/checks?"']
    assert "<No>" in read.text
    assert "alert" not in sign_in_page("/")
