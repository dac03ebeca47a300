import json

from deploy.local.demo.pages import PAGES, page_at


def test_the_documentation_describes_a_path_the_site_has() -> None:
    document = json.loads(page_at("/openapi.json").body)
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) <= set(PAGES)


def test_the_api_asks_for_a_token_as_rfc_9110_wants_it() -> None:
    page = page_at("/api/orders")
    assert page.status == 401
    assert page.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_login_asks_for_a_password_and_the_docs_name_their_document() -> None:
    assert "type='password'" in page_at("/login").body
    assert "/openapi.json" in page_at("/docs").body


def test_an_unknown_path_is_not_found() -> None:
    assert page_at("/nothing").status == 404
