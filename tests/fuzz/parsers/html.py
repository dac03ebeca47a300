"""An HTML document: read in one bounded pass, whatever its tags."""

from services.prober.judge.html import attributes, html_facts, prose, visible_text
from tests.fuzz.target import Target

_FORMS = 64
_WORDS_CHARS = 4096


def check(noise: bytes) -> None:
    """Read noise as a document and as the inside of a tag."""
    text = noise.decode(errors="replace").lower()
    facts = html_facts(text)
    assert len(facts.forms) <= _FORMS + 1
    for form in facts.forms:
        assert len(form.words) <= _WORDS_CHARS
        assert form.passwords <= len(form.fields)
    for part in (*facts.script_sources, *facts.frame_sources, facts.refresh):
        assert part in text
    assert 0 <= facts.links <= len(text)
    for read in (visible_text, prose):
        seen = read(text)
        assert len(seen) <= len(text)
        assert seen == " ".join(seen.split())
    for name, value in attributes(text).items():
        assert name in text
        assert value in text


TARGET = Target(
    check=check,
    seeds=(
        b'<form id="f" action="/go"><label>name</label><input name="who"><button></form>',
        b"<title>t</title><script src='/a.js'>x</script><iframe src=/f></iframe><redoc></redoc>",
        b'<meta http-equiv="refresh" content="5; url=\'/next\'"><!-- a > b --><a href=x>x</a>',
        b'<form><input title="a > b" type="password"></form><noscript>n</noscript> three',
        b"<template><input type=password></template><select><option>x</select>",
        b"<input type=password name=p><p>enter</p><style>s",
    ),
)
