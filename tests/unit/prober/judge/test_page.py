from dataclasses import replace

import pytest

from services.prober.facts import Outcome, OutcomeCode, PathFacts
from services.prober.judge.page import MAX_BODY_BYTES, Form, other_pages_of, page_of, pages_of
from tests.unit.prober.judge.shapes import HOST, answer, host, port, ready


@pytest.mark.parametrize(
    ("kind", "body", "form"),
    [
        ("text/html", b"<p>x", Form.HTML),
        ("text/html", b' {"a":1}', Form.JSON),
        ("text/plain", b"[2026-01-01] started", Form.TEXT),
        ("text/plain", b'["a"]', Form.JSON),
        ("application/problem+json", b"x", Form.JSON),
        ("application/xml", b"<a/>", Form.XML),
        ("application/xhtml+xml", b"<html/>", Form.HTML),
        ("text/xml", b"<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC '-//W3C'><html/>", Form.HTML),
        ("application/xml", b'<html xmlns="http://www.w3.org/1999/xhtml"/>', Form.HTML),
        ("text/xml", b"<?xml version='1.0'?><a><html/></a>", Form.XML),
        ("text/plain", b"<?xml version='1.0'?><a/>", Form.XML),
        ("text/plain", b"<?xml version='1.0'?><html/>", Form.XML),
        ("text/plain", b"hello", Form.TEXT),
        (None, b"<!DOCTYPE html><p>x", Form.HTML),
        (None, b"hello", Form.TEXT),
        ("application/octet-stream", b"\0\1", Form.BINARY),
        ("image/png", b"\x89PNG", Form.BINARY),
        ("text/html", b" \n", Form.EMPTY),
    ],
)
def test_the_form_of_a_body_follows_its_type_and_its_beginning(
    kind: str | None, body: bytes, form: Form
) -> None:
    assert ready(answer(200, body, kind=kind)).form is form


def test_headers_are_joined_and_cookies_listed_by_name() -> None:
    headers = (("set-cookie", "Sid=secret; Path=/"), ("set-cookie", "b=2"), ("x", "1"), ("x", "2"))
    page = ready(answer(200, "x", headers=headers))
    assert page.headers["x"] == "1, 2"
    assert page.cookies == ("sid", "b")


@pytest.mark.parametrize(
    ("charset", "raw"),
    [
        ("iso-8859-1", "Größe".encode("cp1252")),
        ("shift_jis", "ログイン".encode("cp932")),
        ("windows-1251", "войти".encode("cp1251")),
        ("gbk", "登录".encode("gbk")),
        ("utf-8", "Größe".encode()),
    ],
)
def test_a_body_is_read_in_its_charset(charset: str, raw: bytes) -> None:
    page = ready(replace(answer(200, raw), charset=charset))
    assert "\ufffd" not in page.text


@pytest.mark.parametrize("charset", ["idna", "zlib", "punycode", "unicode_escape", "nonsense"])
def test_a_charset_that_is_none_is_read_as_utf_8(charset: str) -> None:
    assert ready(replace(answer(200, "Größe"), charset=charset)).text == "Größe"


def test_bytes_that_fit_no_charset_do_not_raise() -> None:
    assert ready(answer(200, b"\xff\xfe\xfa<p>x")).form is Form.HTML


def test_only_the_first_64_kib_are_read() -> None:
    assert len(ready(answer(200, b"a" * 100_000)).text) == MAX_BODY_BYTES


def test_forms_are_read_only_where_one_can_decide() -> None:
    body = "<form><input type=password></form>"
    assert ready(answer(200, body)).html.forms
    assert ready(answer(403, body)).html.forms
    assert not ready(answer(500, body)).html.forms


def test_a_path_without_an_answer_is_no_page() -> None:
    unanswered = PathFacts(path="/", outcome=Outcome(code=OutcomeCode.HTTP_TIMEOUT))
    assert page_of("paths[0]", unanswered) is None
    facts = host(unanswered, answer(200, "x", path="/a"))
    assert [page.where for page in pages_of(facts)] == ["paths[1]"]


def test_probes_of_ports_count_only_when_no_path_was_answered() -> None:
    unanswered = PathFacts(path="/", outcome=Outcome(code=OutcomeCode.HTTP_TIMEOUT))
    ports = (port(80), port(443, probe=answer(200, "x")))
    assert [page.where for page in pages_of(host(unanswered, ports=ports))] == ["ports[1].probe"]
    answered = host(answer(200, "x"), ports=ports)
    assert [page.where for page in pages_of(answered)] == ["paths[0]"]


def test_other_pages_are_those_that_no_path_shows() -> None:
    ports = (
        port(80, probe=answer(200, "x", base=f"http://{HOST}")),
        port(443, probe=answer(200, "x")),
        port(22),
    )
    answered = host(answer(200, "x"), answer(404, "x", path="/a"), ports=ports)
    others = other_pages_of(answered, pages_of(answered))
    assert [page.where for page in others] == ["ports[0].probe"]
    assert [page.url for page in others] == [f"http://{HOST}/"]
