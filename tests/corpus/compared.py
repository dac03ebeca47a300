"""A verdict beside a person's: what the matrices, the figures and the accepted differences need.

Of a recorded host it is tests.corpus.judging.Judged, of a real server Result of
tests.servers.checking.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol


class Compared(Protocol):
    """One case as it was judged; in words it says what differs."""

    @property
    def name(self) -> str:
        """The name of the case, such as challenge/aws_waf_captcha."""

    @property
    def wanted(self) -> Mapping[str, Any]:
        """What a person says, by the names that differences have."""

    @property
    def said(self) -> Mapping[str, Any]:
        """What the judge says, by the same names."""

    @property
    def differences(self) -> tuple[str, ...]:
        """The names of what a person would say otherwise."""


def accepted_differences(file: Path) -> dict[str, dict[str, str]]:
    """Return, by case and by name of the difference, why it is accepted."""
    accepted: dict[str, dict[str, str]] = json.loads(file.read_text("utf-8"))
    return accepted


def unaccepted(
    everything: Sequence[Compared], accepted: Mapping[str, Mapping[str, str]]
) -> tuple[str, ...]:
    """Return a line for each case with a difference nobody accepted, or an accepted one gone."""
    lines: list[str] = []
    for one in everything:
        known = accepted.get(one.name, {})
        if set(one.differences) - known.keys():
            lines.append(str(one))
        gone = sorted(known.keys() - set(one.differences))
        if gone:
            lines.append(f"{one.name}: right now, take it out of accepted.json: {', '.join(gone)}")
    names = {one.name for one in everything}
    lines += [f"{name}: in accepted.json and no case" for name in accepted if name not in names]
    return tuple(lines)
