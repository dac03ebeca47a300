"""Follows what happens to a check, as server-sent events, without I/O.

Law: no event is told twice and none left out that the server tells: who is cut off comes back with
the id of the last event, and gives up only after max_retries times in a row without one.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass

from outscope_client.errors import UnreadableAnswerError
from outscope_client.exchange import answer_in
from outscope_client.intake import MOST_BYTES
from outscope_client.messages import Loss, Outcome, Reply, Request
from outscope_client.model import Model
from outscope_client.models import Check
from outscope_client.retry import pause_s_after
from outscope_client.settings import Settings

ENDS = frozenset({"completed", "failed", "cancelled"})
_NOTHING_LEFT = 204
# The server says something every 15 seconds.
_SILENCE_S = 45.0
_LEAST_S = 0.05


@dataclass(frozen=True)
class Event:
    """What has happened: queued, started, dns, port, tls, path, judged, or the end.

    content of queued and of the ends is the whole check; of the others the part that was seen.
    """

    name: str
    content: Model
    id: str = ""

    @property
    def is_end(self) -> bool:
        """Whether the check has ended, and nothing more will come."""
        return self.name in ENDS


class Reader:
    """Takes bytes as they come and returns the events that are complete."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._fields: dict[str, str] = {}
        # Bytes since the last event that was complete.
        self._held = 0

    def feed(self, chunk: bytes) -> list[Event]:
        """Return the events that this chunk completes; one of them may not grow for ever."""
        self._held += len(chunk)
        if self._held > MOST_BYTES:
            raise UnreadableAnswerError(f"An event of more than {MOST_BYTES} bytes is none of ours")
        text = self._rest + self._decoder.decode(chunk)
        # A carriage return at the end may be the first half of a line end.
        held = "\r" if text.endswith("\r") else ""
        lines = text[: len(text) - len(held)].replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._rest = lines.pop() + held
        return [event for line in lines if (event := self._line(line)) is not None]

    def _line(self, line: str) -> Event | None:
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data" and "data" in self._fields:
                value = f"{self._fields['data']}\n{value}"
            self._fields[name] = value
            return None
        fields, self._fields, self._held = self._fields, {}, 0
        return _event(fields) if "data" in fields else None


def _event(fields: dict[str, str]) -> Event | None:
    try:
        content = json.loads(fields["data"])
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    name = fields.get("event", "message")
    model = Check if name in ENDS or name == "queued" else Model
    given = fields.get("id", "")
    # It goes back in a header.
    is_sendable = given.isascii() and given.isprintable()
    return Event(name=name, content=model(content), id=given if is_sendable else "")


class Follow:
    """One check being followed: what to ask, what came, and when to ask again."""

    def __init__(self, path: str, timeout_s: float | None = None) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._ends_at: float | None = None
        self._last_id = ""
        self._failures = 0
        self._reader = Reader()
        self.has_ended = False

    def request(self, settings: Settings) -> Request:
        """Return how to connect, now or once more."""
        self._reader = Reader()
        silence_s = _SILENCE_S
        if self._timeout_s is not None:
            now = settings.monotonic()
            self._ends_at = self._ends_at or now + self._timeout_s
            silence_s = min(_SILENCE_S, max(_LEAST_S, self._ends_at - now))
        headers = {"accept": "text/event-stream"}
        if self._last_id:
            headers["last-event-id"] = self._last_id
        return Request(method="GET", path=self._path, headers=headers, timeout_s=silence_s)

    def received(self, chunk: bytes, settings: Settings) -> list[Event]:
        """Return the events that a part of the stream completes."""
        self.has_ended = self._is_over(settings)
        events = self._reader.feed(chunk)
        for event in events:
            self._failures = 0
            self._last_id = event.id or self._last_id
            self.has_ended = self.has_ended or event.is_end
        return events

    def pause_s(self, outcome: Outcome, settings: Settings) -> float:
        """Return how long to wait before connecting again; raise when there is no sense in it.

        outcome is an answer that was no stream, what ended the stream, or None when it was over.
        """
        if isinstance(outcome, Reply) and outcome.status == _NOTHING_LEFT:
            self.has_ended = True
        self.has_ended = self.has_ended or self._is_over(settings)
        if self.has_ended:
            return 0.0
        self._failures += 1
        told = outcome or Loss(error=EOFError("the stream ended"), may_have_arrived=True)
        pause_s = pause_s_after(told, self._failures, settings, is_repeatable=True)
        if pause_s is None:
            answer_in(told, settings)
            raise AssertionError("an answer that is no stream is a refusal")
        return pause_s

    def _is_over(self, settings: Settings) -> bool:
        return self._ends_at is not None and settings.monotonic() >= self._ends_at
