"""A document's title and charset: short, one line, and text that can be written down."""

from services.prober.observe.content import charset_of, title_of
from tests.fuzz.drawing import Drawing
from tests.fuzz.target import Target

_CHARSETS = ("", "utf-8", "iso-8859-1", "utf-16", "shift_jis", "gb18030", "utf-7", "hex", "idna")


def check(noise: bytes) -> None:
    """Read the title of noise, under a charset from a list or from noise."""
    drawing = Drawing(noise)
    content_type = drawing.latin(60) if drawing.claim() else "text/html"
    charset = charset_of(content_type) or drawing.one_of(_CHARSETS)
    body = drawing.raw(4000)
    assert charset.isascii()
    assert len(charset) <= 40
    for document in (body, b"<title>" + body + b"</title>"):
        title = title_of(document, content_type, charset)
        title.encode()
        assert len(title) <= 256
        assert title == " ".join(title.split())
        assert not title or content_type.lstrip().lower().startswith(("text/", "application/"))


_PAGE = b"<html><TITLE lang=en> A &amp; B\n \xc3\xa9 </TITLE>"

SEEDS = (
    *(b"\0%c\0%c" % (charset, len(_PAGE)) + _PAGE for charset in range(len(_CHARSETS))),
    b'\1\x1ftext/html; charset="iso-8859-2"\0%c' % len(_PAGE) + _PAGE,
)

TARGET = Target(check=check, seeds=SEEDS)
