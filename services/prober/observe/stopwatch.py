"""Notes when each stage of one request ended, and tells where its time went: has no clock."""

from services.prober.facts import Timing


class Stopwatch:
    """Moments of the loop's clock, in seconds; None for what did not happen for this request."""

    __slots__ = (
        "connected_s",
        "dialled_s",
        "ended_s",
        "first_byte_s",
        "hello_s",
        "secured_s",
        "sent_s",
    )

    def __init__(self) -> None:
        self.dialled_s: float | None = None
        self.connected_s: float | None = None
        # The beginning of the handshake, which may have waited for means of ours.
        self.hello_s: float | None = None
        # The end of the handshake, be it a failure.
        self.secured_s: float | None = None
        self.sent_s: float | None = None
        self.first_byte_s: float | None = None
        self.ended_s: float | None = None

    def timing(self) -> Timing | None:
        """Return where the time went; None before the end, and when nothing had begun."""
        began_s = self.connected_s if self.dialled_s is None else self.dialled_s
        began_s = self.sent_s if began_s is None else began_s
        total_ms = _between(began_s, self.ended_s)
        if total_ms is None:
            return None
        return Timing(
            connect_ms=_between(self.dialled_s, self.connected_s),
            tls_ms=_between(self.hello_s, self.secured_s),
            first_byte_ms=_between(self.sent_s, self.first_byte_s),
            total_ms=total_ms,
        )


def _between(from_s: float | None, to_s: float | None) -> int | None:
    return None if from_s is None or to_s is None else round((to_s - from_s) * 1000)
