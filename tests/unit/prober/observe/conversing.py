"""A client that has asked, and what its answer is to frames."""

from services.prober.observe.http2 import Http2Session
from services.prober.observe.http2_answer import Http2Answer
from tests.targets.http2 import SETTINGS_FRAME

FIELDS = (
    (":method", "GET"),
    (":scheme", "https"),
    (":authority", "site.test"),
    (":path", "/"),
    ("user-agent", "me"),
)


def asked() -> tuple[Http2Session, Http2Answer]:
    session = Http2Session()
    return session, session.ask(FIELDS, None)


def answer_to(*frames: bytes, ends: bool = False) -> Http2Answer:
    _, answer = asked()
    answer.feed(SETTINGS_FRAME + b"".join(frames))
    if ends and not answer.ended:
        answer.feed_eof()
    return answer
