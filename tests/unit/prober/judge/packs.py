"""Packs as tests write them: one family of one rule, or what is wrong with it."""

from typing import Any

from services.prober.judge.pack_check import faults_of
from services.prober.judge.pack_source import WrittenPack

# A rule of each form without fault.
PAGE: dict[str, Any] = {
    "id": "wall.block",
    "effect": "block",
    "vendor": "Wall",
    "strength": "definitive",
    "statuses": [403],
    "every": [{"looks_at": "body", "contains": "blocked by wall"}],
    "source": "wall.example: block page",
    "since": 3,
}
_SHARED: dict[str, Any] = {"strength": "beside", "source": "x", "since": 3}
RULES: dict[str, dict[str, Any]] = {
    "page": PAGE,
    "front": {
        **_SHARED,
        "id": "wall.present",
        "vendor": "Wall",
        "role": "waf",
        "some": [{"looks_at": "headers.x-wall"}],
    },
    "sender": {
        **_SHARED,
        "id": "edge.wall",
        "side": "edge",
        "vendor": "Wall",
        "every": [{"looks_at": "headers.server", "is": "wall"}],
    },
    "provider": {**_SHARED, "id": "provider.wall", "vendor": "Wall", "hosts": ["id.wall.example"]},
    "viewer": {**_SHARED, "id": "documentation.wall", "vendor": "Wall", "element": "wall-api"},
    "listing": {**_SHARED, "id": "listing.wall", "answer": "html", "title": "files of "},
    "code": {
        **_SHARED,
        "id": "wall.logic",
        "code": "findings",
        "looks_at": ["status_code", "headers.x-wall"],
        "words": "a wall",
    },
}


def pack(*rules: dict[str, Any], form: str = "page", **family: Any) -> WrittenPack:  # noqa: ANN401 - as TOML has it
    """Return a pack of one family, at version 3."""
    written = {"form": form, "rule": list(rules), **family}
    return WrittenPack(version=3, digest="", families={"walls": written})


def faults(form: str = "page", **changed: Any) -> list[str]:  # noqa: ANN401 - as TOML has them
    """Return what is wrong with a rule of a form with some members changed, None for none."""
    members = {**RULES[form], **changed}
    rule = {name: value for name, value in members.items() if value is not None}
    return list(faults_of(pack(rule, form=form)))
