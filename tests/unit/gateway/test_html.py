from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.html import element, page, stylesheet, void

# Unicode Standard Annex 9, section 2.
DIRECTIONS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


class Reader(HTMLParser):
    """Notes what a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_elements_stand_in_each_other() -> None:
    built = element("p", "a", element("b", 1), None, class_="x")
    assert str(built) == '<p class="x">a<b>1</b></p>'
    assert page([void("meta", charset="utf-8")], [built]) == (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"></head>'
        '<body><p class="x">a<b>1</b></p></body></html>'
    )


@pytest.mark.parametrize("text", ["<script>x()</script>", '"><img src=x>', "'", "&lt;", "</p>"])
def test_text_is_text_wherever_it_is_put(text: str) -> None:
    read = Reader(str(element("p", text, title=text)))
    assert read.elements == [("p", {"title": text})]
    assert read.text == text


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=DIRECTIONS)))
def test_nothing_that_is_put_in_makes_an_element(text: str) -> None:
    read = Reader(str(element("td", text, title=text)))
    assert read.elements == [("td", {"title": text})]
    assert read.text == text


def test_what_cannot_be_sent_or_hides_what_follows_is_replaced() -> None:
    assert str(element("p", "a\x00\x1b\x85\ud800b\n")) == "<p>a\ufffd\ufffd\ufffd?b\n</p>"


@pytest.mark.parametrize("turning", DIRECTIONS)
def test_a_text_of_others_cannot_turn_round_what_stands_after_it(turning: str) -> None:
    assert str(element("p", f"{turning}moc", " is safe")) == "<p>\ufffdmoc is safe</p>"


def test_a_style_sheet_cannot_end_its_element() -> None:
    assert str(stylesheet("a > b { content: '<' }")) == "<style>a > b { content: '<' }</style>"
    with pytest.raises(ValueError, match="end of an element"):
        stylesheet("</style><script>")
