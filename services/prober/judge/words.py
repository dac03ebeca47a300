"""Says in words what a rule of the pack looks for, and in which fields: no part of judging."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from services.prober.judge.pack import Declared, rule_of
from services.prober.judge.pack_schema import RuleForm
from services.prober.judge.rule import How, Mark, Rule, Where

_ANY_BODY: Final = 65536
_OF_MARKS: Final = frozenset({RuleForm.PAGE, RuleForm.FRONT, RuleForm.SENDER})
_STATUS: Final = "status_code"
# Where a redirect may stand.
_REDIRECT: Final = ("location", "body", "headers.refresh")
_NAMES: Final = MappingProxyType(
    {
        Where.COOKIE: "a cookie with a name",
        Where.TITLE: "a title",
        Where.BODY: "a body",
        Where.REASON: "a reason phrase",
        Where.LOCATION: "a redirect to an address",
    }
)


def fields_of(declared: Declared) -> tuple[str, ...]:
    """Return the facts a rule looks at, named as evidence does but without their place."""
    written = declared.members
    match declared.form:
        case RuleForm.CODE:
            return tuple(written["looks_at"])
        case RuleForm.PROVIDER:
            return _REDIRECT
        case RuleForm.VIEWER:
            return ("body",)
        case RuleForm.LISTING:
            return tuple({"title": "title", "text": "body"}[name] for name in _told_by(written))
        case _:
            marks = (*written.get("every", ()), *written.get("some", ()))
            status = (_STATUS,) if declared.statuses else ()
            return (*dict.fromkeys(mark["looks_at"] for mark in marks), *status)


def words_of(declared: Declared) -> str:
    """Return what a rule looks for, as words that follow “It looks for”."""
    if declared.form in _OF_MARKS:
        return _words_of_rule(rule_of(declared))
    return _WORDS[declared.form](declared.members)


def _words_of_rule(rule: Rule) -> str:
    parts = [*map(_words_of_mark, rule.every)]
    if rule.some:
        either = "either " if parts and len(rule.some) > 1 else ""
        parts.append(either + _listed(map(_words_of_mark, rule.some)))
    words = " and ".join(parts)
    if rule.statuses:
        status = f"status {_listed(map(str, sorted(rule.statuses)))}"
        words = f"{words}, with {status}" if words else status
    if rule.body_limit < _ANY_BODY:
        words += f", on a page of at most {rule.body_limit} characters"
    if rule.text_limit < _ANY_BODY:
        words += f", with at most {rule.text_limit} to read"
    return words


def _words_of_mark(mark: Mark) -> str:
    if mark.where is Where.HEADER and mark.how is How.PRESENT:
        is_prefix = mark.name.endswith("*")
        named = f"whose name begins with {mark.name[:-1]}"
        return f"a header {named}" if is_prefix else f"the header {mark.name}"
    if mark.where is Where.TITLE and not mark.text:
        return "no title"
    name = f"the header {mark.name} with a value" if mark.name else _NAMES[mark.where]
    return f"{name} {_comparison(mark)}"


def _comparison(mark: Mark) -> str:
    match mark.how:
        case How.IS:
            return f"that is “{mark.text}”"
        case How.IS_NOT:
            return f"that is not “{mark.text}”"
        case How.BEGINS:
            return f"that begins with “{mark.text}”"
        case How.MATCHES:
            return f"that matches “{mark.pattern.pattern if mark.pattern else ''}”"
        case _:
            return f"that holds “{mark.text}”"


def _words_of_provider(written: Mapping[str, Any]) -> str:
    hosts = written.get("hosts", ())
    where = f"to {_listed(hosts)}" if hosts else ""
    path = f"to an address with {written['path']} in its path" if "path" in written else ""
    return " ".join(["a redirect", ", ".join(filter(None, (where, path)))])


def _words_of_viewer(written: Mapping[str, Any]) -> str:
    but = f"; never on a page with “{written['never']}”" if "never" in written else ""
    return _listed(_marks_of_viewer(written)) + but


def _marks_of_viewer(written: Mapping[str, Any]) -> Iterator[str]:
    if "scripts" in written:
        parts = _listed(f"“{part}”" for part in written["scripts"])
        yield f"a script whose address holds {parts}"
    if "element" in written:
        yield f"the element <{written['element']}>"
    if "filled" in written:
        filled = written["filled"]
        calls = _listed(f"“{call}”" for call in filled["calls"])
        yield f"an element with the id “{filled['element']}” beside {calls}"


def _told_by(written: Mapping[str, Any]) -> Iterator[str]:
    return (name for name in ("title", "text") if name in written)


def _words_of_listing(written: Mapping[str, Any]) -> str:
    words = {"title": "a title that begins with “{}”", "text": "a body that holds “{}”"}
    shown = (" ".join(written[name].split()) for name in _told_by(written))
    return _listed(
        words[name].format(text) for name, text in zip(_told_by(written), shown, strict=True)
    )


def _words_of_code(written: Mapping[str, Any]) -> str:
    return str(written["words"])


_WORDS: Final[Mapping[RuleForm, Callable[[Mapping[str, Any]], str]]] = MappingProxyType(
    {
        RuleForm.PROVIDER: _words_of_provider,
        RuleForm.VIEWER: _words_of_viewer,
        RuleForm.LISTING: _words_of_listing,
        RuleForm.CODE: _words_of_code,
    }
)


def _listed(words: Iterable[str]) -> str:
    """Return words as a list: a, b or c."""
    *before, last = words
    return f"{', '.join(before)} or {last}" if before else last
