"""Changes fields of the facts of a case into what only resembles them, named as evidence does.

A value is put in the place of the old one. Of a text a part can be changed instead, or the text
made longer; a header can be given another name.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.corpus.removal import HEADER_OF, TITLE, owner_of, text_of

Change = Mapping[str, Any]

# Talk, as an article has it around what it quotes.
_TALK: Final = "<p>We wrote down what happened to us, and what we made of it in the end.</p>\n"


def changed(facts: Mapping[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    """Return the written facts with some fields changed; raise LookupError where one is not."""
    result: dict[str, Any] = copy.deepcopy(dict(facts))
    for change in changes:
        owner, name = owner_of(result, change["field"])
        if owner is None:
            raise LookupError(f"the facts have no {change['field']}")
        _change(owner, name, change)
    return result


def _change(owner: dict[str, Any], name: str, change: Change) -> None:
    header = HEADER_OF.get(name, name.removeprefix("headers.") if "headers." in name else "")
    if header:
        owner["headers"] = _headers(owner.get("headers", []), header, change)
    elif name == "title" and "title" not in owner:
        owner["body"] = TITLE.sub(lambda _: f"<title>{change['to']}</title>", text_of(owner))
    elif name == "body":
        owner["body"] = _new_text(text_of(owner), change)
    else:
        member = "status" if name == "status_code" else name
        old = owner.get(member, "")
        owner[member] = _new_text(old, change) if isinstance(old, str) else change["to"]


def _headers(pairs: Sequence[Sequence[str]], name: str, change: Change) -> list[list[str]]:
    if not any(pair[0].lower() == name for pair in pairs):
        raise LookupError(f"the facts have no {change['field']}")
    if "to_name" in change:
        return [[change["to_name"], v] if n.lower() == name else [n, v] for n, v in pairs]
    part = change.get("from", "")
    if not any(part in value for key, value in pairs if key.lower() == name):
        raise LookupError(f"{change['field']} has no {part!r}")
    return [
        [n, _new_text(v, change)] if n.lower() == name and part in v else [n, v] for n, v in pairs
    ]


def _new_text(text: str, change: Change) -> str:
    if "longer_by" in change:
        return text + _TALK * (int(change["longer_by"]) // len(_TALK) + 1)
    if "from" not in change:
        return str(change["to"])
    if change["from"] not in text:
        raise LookupError(f"{change['field']} has no {change['from']!r}")
    return text.replace(str(change["from"]), str(change["to"]))
