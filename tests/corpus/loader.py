"""Reads the cases of the corpus, and says of each file what is wrong with it.

Every file is held against tests/corpus/schema.py first; nothing that fails is judged.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

from tests.corpus.case import Case, Expected, Mark
from tests.corpus.removal import is_there
from tests.corpus.schema import SCHEMA

ROOT: Final = Path(__file__).parent
_NAME: Final = re.compile(r"[a-z0-9_]+/[a-z0-9_]+")
_VALIDATOR: Final = Draft202012Validator(SCHEMA)


class CorpusError(Exception):
    """Files of the corpus that are no cases; the message has a line for each fault."""


def cases(root: Path = ROOT) -> tuple[Case, ...]:
    """Return every case below a folder in the order of their names; raise CorpusError."""
    faults: list[str] = []
    found: list[Case] = []
    for file in sorted(root.glob("*/*.json")):
        name = file.relative_to(root).with_suffix("").as_posix()
        wrong, written = _read(name, file.read_text("utf-8"))
        faults += [f"{name}.json: {fault}" for fault in wrong]
        if not wrong:
            found.append(_case(name, written))
    if faults:
        raise CorpusError("\n".join(faults))
    return tuple(found)


def _read(name: str, text: str) -> tuple[list[str], dict[str, Any]]:
    """Return what is wrong with a file, and what it holds."""
    try:
        written = json.loads(text, object_pairs_hook=_without_doubles)
    except ValueError as error:
        return [f"not JSON: {error}"], {}
    errors = sorted(_VALIDATOR.iter_errors(written), key=lambda error: error.json_path)
    if errors:
        return [f"{error.json_path.removeprefix('$.')}: {error.message}" for error in errors], {}
    return list(_contradictions(name, written)), written


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"written twice: {', '.join(n for n in members if names.count(n) > 1)}")
    return members


def _contradictions(name: str, written: dict[str, Any]) -> Iterator[str]:
    """Yield what fits the schema and makes no sense."""
    expect = written["expect"]
    if written.get("unconfirmed"):
        yield (
            f"unconfirmed: {', '.join(written['unconfirmed'])} are as the disputed verdict has "
            "them; correct what is wrong in the file and take out unconfirmed"
        )
        return
    if not _NAME.fullmatch(name):
        yield "name the file in lower case, digits and underscores"
    if expect["analyzable"] != (expect["analyzability"] == "analyzable"):
        yield "expect.analyzable: true exactly when analyzability is analyzable"
    for mark in (written, *expect.get("also", ())):
        for field in _fields(mark["matched"]):
            if not is_there(written["facts"], field):
                yield f"matched: the facts have no {field}"


def _fields(matched: str | list[str]) -> tuple[str, ...]:
    return (matched,) if isinstance(matched, str) else tuple(matched)


def _case(name: str, written: dict[str, Any]) -> Case:
    expect = written["expect"]
    return Case(
        name=name,
        about=written["about"],
        source=written["source"],
        facts=written["facts"],
        expected=Expected(
            analyzability=expect["analyzability"],
            analyzable=expect["analyzable"],
            kind=expect["kind"],
            auth_detected=expect["auth_detected"],
            api_doc_detected=expect["api_doc_detected"],
            reason=expect["reason"],
            vendors=tuple(expect.get("vendors", ())),
        ),
        decides=Mark(rule=expect["rule"], fields=_fields(written["matched"])),
        also=tuple(
            Mark(rule=mark["rule"], fields=_fields(mark["matched"]))
            for mark in expect.get("also", ())
        ),
    )
