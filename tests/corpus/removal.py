"""Takes one field out of the facts of a case, and all that a server's answer would lose with it.

A title is part of its body, a content type and a location are headers. An answer without its status
is none: the connection was closed. A path becomes the front page, an outcome ok, and all paths
together have answers that say nothing.
"""

import base64
import copy
import re
from collections.abc import Mapping
from typing import Any, Final

# The status of what did not come before, and no rule names.
_UNNAMED_STATUS: Final = 599
_STEP: Final = re.compile(r"([a-z_]+)(?:\[(\d+)\])?")
TITLE: Final = re.compile(r"<title[^>]*>.*?</title>", re.IGNORECASE | re.DOTALL)
# Fields of an answer that are headers.
HEADER_OF: Final = {"location": "location", "content_type": "content-type", "server": "server"}
_BODY: Final = ("body", "body_base64", "body_sha256")


def without(facts: Mapping[str, Any], *fields: str) -> dict[str, Any]:
    """Return the written facts without some fields, named as evidence names them."""
    remaining: dict[str, Any] = copy.deepcopy(dict(facts))
    for field in fields:
        _take_out(remaining, field)
    return remaining


def _take_out(remaining: dict[str, Any], field: str) -> None:
    if field.startswith("observer."):
        remaining.pop("deadline_hit", None)
        return
    if field == "paths":
        for number in range(len(remaining["paths"])):
            _take_out(remaining, f"paths[{number}].outcome")
        return
    owner, name = owner_of(remaining, field)
    if owner is None:
        raise LookupError(f"the facts have no {field}")
    _remove(owner, name, is_answer=not field.startswith(("ports", "dns")) or ".probe." in field)


def is_there(facts: Mapping[str, Any], field: str) -> bool:
    """Tell whether the facts have a field, or what would be read from them has."""
    if field.startswith("observer."):
        return bool(facts.get("deadline_hit"))
    owner, name = owner_of(facts, field)
    if owner is None:
        return False
    header = HEADER_OF.get(name, name.removeprefix("headers.") if "headers." in name else "")
    if header:
        is_sent = any(one.lower() == header for one, _ in owner.get("headers", ()))
        return is_sent or bool(owner.get(name))
    if name in {"title", "body"}:
        text = text_of(owner)
        if name == "title" and "title" in owner:
            return bool(owner["title"])
        return bool(TITLE.search(text) if name == "title" else text)
    return name == "path" or {"status_code": "status"}.get(name, name) in owner


def owner_of(facts: Any, field: str) -> tuple[dict[str, Any] | None, str]:  # noqa: ANN401 - JSON
    """Return the part of the facts a field belongs to, and the field's name in it."""
    path, is_header, header = field.partition(".headers.")
    *steps, last = path.split(".") if not is_header else (*path.split("."), f"headers.{header}")
    for step in steps:
        match = _STEP.fullmatch(step)
        if match is None or match[1] not in facts:
            return None, last
        facts = facts[match[1]]
        if match[2] is not None:
            if int(match[2]) >= len(facts):
                return None, last
            facts = facts[int(match[2])]
    return facts, last


def _remove(owner: dict[str, Any], name: str, *, is_answer: bool) -> None:
    if name.startswith("headers."):
        _remove_header(owner, name.removeprefix("headers."))
    elif name in HEADER_OF:
        _remove_header(owner, HEADER_OF[name])
        owner.pop(name, None)
    elif name == "title":
        owner.pop(name, None)
        _remove_title(owner)
    elif name == "body":
        for member in _BODY:
            owner.pop(member, None)
    elif name == "status_code":
        del owner["status"]
        owner["outcome"] = "http_closed"
    elif name == "path":
        owner["path"] = "/"
    elif name == "tcp_outcome":
        owner.pop("state", None)
        owner.pop(name)
    elif name == "outcome" and is_answer and "status" not in owner:
        owner["status"] = _UNNAMED_STATUS
        owner.pop(name)
    else:
        owner.pop(name)


def _remove_header(owner: dict[str, Any], name: str) -> None:
    owner["headers"] = [pair for pair in owner.get("headers", ()) if pair[0].lower() != name]


def _remove_title(owner: dict[str, Any]) -> None:
    text = TITLE.sub("", text_of(owner))
    if "body_base64" in owner:
        owner["body_base64"] = base64.b64encode(text.encode("latin-1")).decode()
    else:
        owner["body"] = text


def text_of(owner: Mapping[str, Any]) -> str:
    """Return the body as text; bytes that are no UTF-8 as one character each."""
    if "body_base64" in owner:
        return base64.b64decode(owner["body_base64"]).decode("latin-1")
    body = owner.get("body", "")
    return body if isinstance(body, str) else "\n".join(body)
