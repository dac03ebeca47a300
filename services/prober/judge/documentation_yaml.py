"""Tells OpenAPI, Swagger and AsyncAPI descriptions in YAML by their top-level keys.

No YAML parser: only unindented lines are looked at, and a single one that is no key, list item,
comment or document mark means that the text is something else.
"""

import re
from typing import Final

# Keys at the top of a description; a text with more is a list of settings.
_MAX_KEYS: Final = 64
_KEY: Final = re.compile(r"[\"']?([A-Za-z_][\w.-]{0,63})[\"']?:(?:[ \t]+(\S[^\r\n]{0,200}))?\s*$")
# An unindented line that is no list item, comment, directive or end of a flow collection.
_TOP_LINE: Final = re.compile(r"\n([^\s#%}\]-][^\n]*+)")
_DOCUMENT_END: Final = "..."

_FORMATS: Final = (
    ("openapi", ("3.",), ("paths", "webhooks", "components")),
    ("swagger", ("2.",), ("paths",)),
    ("asyncapi", ("2.", "3."), ("channels", "operations", "components")),
)


def description_in_yaml(text: str, *, truncated: bool) -> tuple[str, str] | None:
    """Return the type of description a text is and what shows it, or None."""
    if not any(name in text for name, _, _ in _FORMATS):
        return None
    keys = _top_level_keys(text)
    if keys is None or "info" not in keys:
        return None
    fitting = [
        (name, f"{name}: {version}", any(member in keys for member in members))
        for name, versions, members in _FORMATS
        if (version := keys.get(name, "").strip("\"' ")).startswith(versions)
    ]
    # What a cut text shows goes before what may have been cut off.
    for name, shown, has_member in sorted(fitting, key=lambda one: not one[2]):
        if has_member or truncated:
            return name, shown
    return None


def _top_level_keys(text: str) -> dict[str, str] | None:
    """Return the unindented keys with their values, or None when the text is no mapping."""
    keys: dict[str, str] = {}
    for count, top in enumerate(_TOP_LINE.finditer("\n" + text)):
        line = top.group(1)
        if count > _MAX_KEYS:
            return None
        if line.startswith(_DOCUMENT_END):
            continue
        match = _KEY.match(line)
        if match is None:
            # The last line of a cut text may be half a key.
            return keys if keys and text.endswith(line) else None
        keys.setdefault(match.group(1), match.group(2) or "")
    return keys
