"""Tells whether a text is YAML from its beginning to its end.

Law: whatever a target sends, nothing is built of it: no aliases are followed, no tags are heeded,
no values made. A nesting deeper than descriptions have is taken as broken before it costs anything,
for libyaml takes time by the square of it.
"""

from typing import Final

import yaml
from yaml import events

# A schema in an answer of an operation of a path is about twenty deep.
_MAX_DEPTH: Final = 128
_BEGINNINGS: Final = (events.MappingStartEvent, events.SequenceStartEvent)
_ENDS: Final = (events.MappingEndEvent, events.SequenceEndEvent)
# libyaml's is ten times as fast; its wheels for some systems come without it.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def is_well_formed(text: str) -> bool:
    """Tell whether a text is one or more YAML documents, every alias of which has its anchor.

    What is deeper than 128 collections is not. Never raises.
    """
    depth = 0
    anchors: set[str] = set()
    try:
        for event in yaml.parse(text, _LOADER):
            if isinstance(event, events.DocumentStartEvent):
                anchors.clear()
            elif isinstance(event, events.AliasEvent):
                if event.anchor not in anchors:
                    return False
            elif isinstance(event, events.NodeEvent) and event.anchor is not None:
                anchors.add(event.anchor)
            depth += isinstance(event, _BEGINNINGS) - isinstance(event, _ENDS)
            if depth > _MAX_DEPTH:
                return False
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: a halved surrogate pair
        return False
    return True
