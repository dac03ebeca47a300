"""How the next page is asked for."""

from outscope_client.checks import every


def page(cursor: str | None, *, has_more: bool) -> dict[str, object]:
    return {"data": [], "pagination": {"next_cursor": cursor, "has_more": has_more}}


def test_a_page_is_followed_by_the_one_at_its_cursor_with_the_same_filter() -> None:
    pages = every(page_size=2, fqdn="a.example")
    assert pages.page(None).query == {"limit": "2", "fqdn": "a.example"}
    following = pages.after(page("cur_2", has_more=True))
    assert following is not None
    assert following.query == {"limit": "2", "cursor": "cur_2", "fqdn": "a.example"}


def test_the_last_page_is_followed_by_none() -> None:
    assert every().after(page(None, has_more=False)) is None
    # A server that says there is more and not where would be asked for the first for ever.
    assert every().after(page(None, has_more=True)) is None
