"""The client's side of one HTTP/2 connection (RFC 9113): no I/O, one request at a time.

Law: each frame is counted before anything is made of it, so that none of them is for nothing more
than so many times. Once the server has broken a rule nothing more is read of it.
"""

from typing import Final

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    DataReceived,
    Event,
    InformationalResponseReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import (
    DenialOfServiceError,
    InvalidBodyLengthError,
    ProtocolError,
    TooManyStreamsError,
)
from h2.settings import SettingCodes, Settings

from outscope.limits import BANNER_BYTES
from services.prober.facts import OutcomeCode
from services.prober.observe.answer import Fields
from services.prober.observe.frames import (
    CONTINUATION,
    DATA,
    FRAME_HEADER_BYTES,
    GOAWAY,
    HEADERS,
    SETTINGS,
    Frame,
    FrameCutter,
    FrameTooLarge,
    GoAway,
    begins_http2,
)
from services.prober.observe.http2_answer import FIELD_LIST_BYTES, Http2Answer
from services.prober.observe.limits import (
    CHUNKS,
    CONTINUATIONS,
    HEADER_BYTES,
    OTHER_FRAMES,
    RESPONSE_BYTES,
    SETTINGS_FRAMES,
)
from services.prober.observe.limits import SETTINGS as MOST_SETTINGS
from services.prober.observe.memory import Allowance

# What is read of an answer is asked for as it is read: the windows stay as the protocol has them.
_SETTINGS: Final = {
    SettingCodes.ENABLE_PUSH: 0,
    SettingCodes.MAX_HEADER_LIST_SIZE: FIELD_LIST_BYTES,
}


class Http2Session:
    """One connection over which HTTP/2 was agreed on."""

    __slots__ = (
        "_answer",
        "_block_bytes",
        "_connection",
        "_continuations",
        "_cutter",
        "_has_begun",
        "_other_frames",
        "_pieces",
        "_read_bytes",
        "_settings",
        "_settings_frames",
        "_start",
        "_stream_id",
        "can_ask",
    )

    def __init__(self) -> None:
        self._connection = _fresh_connection()
        self._cutter = FrameCutter()
        self._start = b""
        self._has_begun = False
        # The one that is awaited.
        self._answer: Http2Answer | None = None
        self._stream_id = 0
        self._count_anew()
        # Of the whole connection: what they say is kept as long as it is.
        self._settings_frames = 0
        self._settings = 0
        # Of the block of header fields that goes on.
        self._block_bytes = 0
        self._continuations = 0
        # The server takes another request.
        self.can_ask = True

    def ask(self, fields: Fields, allowance: Allowance | None) -> Http2Answer:
        """Make a request; its answer has ended at once where the server takes no more of them."""
        answer = Http2Answer(self, allowance)
        connection = self._connection
        try:
            self._stream_id = connection.get_next_available_stream_id()
            connection.send_headers(self._stream_id, list(fields), end_stream=True)
        except TooManyStreamsError:  # it allows none
            self.can_ask = False
            answer.cut(OutcomeCode.HTTP_CLOSED)
            return answer
        self._answer = answer
        self._count_anew()
        return answer

    def outgoing(self) -> bytes:
        """Return the bytes that wait to be sent."""
        return self._connection.data_to_send()

    def feed(self, received: bytes) -> None:
        """Take the next bytes of the connection."""
        if not self._begins(received):
            return
        self._cutter.feed(received)
        try:
            while self._is_sound and (frame := self._cutter.next_frame()) is not None:
                self._take(frame)
        except DenialOfServiceError:  # a block of header fields over its bounds, once decoded
            self._exceed()
        except (ProtocolError, FrameTooLarge):
            self._break(OutcomeCode.HTTP_MALFORMED)

    def _count_anew(self) -> None:
        """Begin to count what one answer may take."""
        self._pieces = 0
        self._other_frames = 0
        self._read_bytes = 0

    @property
    def _is_sound(self) -> bool:
        """Tell whether there is still something to be read."""
        return self.can_ask or self._answer is not None

    def _begins(self, received: bytes) -> bool:
        """Tell HTTP/2 from anything else by the first frame; only the former is read."""
        if self._has_begun:
            return True
        start = self._start = (self._start + received[:BANNER_BYTES])[:BANNER_BYTES]
        if len(start) >= FRAME_HEADER_BYTES:
            self._has_begun = begins_http2(start)
            if not self._has_begun:
                self._hear(start)
                return False
        return True

    def _hear(self, start: bytes) -> None:
        answer = self._answer
        if answer is not None:
            answer.heard = start
            answer.needs_http1 = start.startswith(b"HTTP/1.")  # as from behind what agreed to h2
        self._break(OutcomeCode.HTTP_NOT_HTTP)

    def _take(self, frame: Frame) -> None:
        if self._is_too_much(frame):
            self._exceed()
        elif frame.kind == GOAWAY:
            self._take_leave(frame)
        elif frame.kind == HEADERS and frame.is_of_server:  # of a push, and those are forbidden
            self._break(OutcomeCode.HTTP_MALFORMED)
        else:
            if self._answer is not None and self._is_asked_for(frame):
                self._answer.fed_bytes += len(frame.raw)
            for event in self._events_of(frame):
                self._note(event)

    def _events_of(self, frame: Frame) -> list[Event]:
        """Return what a frame brings; a body of another length than told is kept nevertheless."""
        try:
            return self._connection.receive_data(frame.raw)
        except InvalidBodyLengthError:
            if self._answer is not None and self._is_asked_for(frame):
                self._answer.take_piece(frame.content)
                self._answer.cut(OutcomeCode.HTTP_MALFORMED)
            raise

    def _is_asked_for(self, frame: Frame) -> bool:
        return frame.stream_id == self._stream_id and frame.kind in {DATA, HEADERS, CONTINUATION}

    def _is_too_much(self, frame: Frame) -> bool:
        """Count a frame, and tell whether it is one too many."""
        size = len(frame.raw)
        self._read_bytes += size
        is_piece = frame.kind == DATA and size > FRAME_HEADER_BYTES
        if is_piece and self._answer is not None and frame.stream_id == self._stream_id:
            self._pieces += 1
        else:
            self._other_frames += 1
        if frame.kind == SETTINGS:
            self._settings_frames += 1
            self._settings += frame.settings
        if frame.kind == CONTINUATION:
            self._continuations += 1
            self._block_bytes += size
        else:
            self._continuations = 0
            self._block_bytes = size if frame.kind == HEADERS else 0
        return (
            self._read_bytes > RESPONSE_BYTES
            or self._pieces > CHUNKS
            or self._other_frames > OTHER_FRAMES
            or self._continuations > CONTINUATIONS
            or self._block_bytes > HEADER_BYTES
            or self._settings_frames > SETTINGS_FRAMES
            or self._settings > MOST_SETTINGS
        )

    def _note(self, event: Event) -> None:
        answer = self._answer
        if answer is None or getattr(event, "stream_id", None) != self._stream_id:
            return
        match event:
            case InformationalResponseReceived():
                answer.take_informational(event.headers)
            case ResponseReceived():
                answer.take_head(event.headers)
            case DataReceived():
                self._take_piece(answer, event)
            case StreamEnded():
                answer.complete()
            case StreamReset():
                answer.take_reset(event.error_code)
        if answer.ended:
            self._settle(answer, is_over=getattr(event, "stream_ended", None) is not None)

    def _take_piece(self, answer: Http2Answer, event: DataReceived) -> None:
        answer.take_piece(event.data)
        if not answer.ended:
            self._connection.acknowledge_received_data(
                event.flow_controlled_length, self._stream_id
            )

    def _settle(self, answer: Http2Answer, *, is_over: bool) -> None:
        """Await the answer no more, and where the server is not done with it have it stop."""
        self._answer = None
        if answer.code is OutcomeCode.HTTP_MALFORMED:
            self.can_ask = False
        elif answer.is_cut_short and not is_over:
            self._connection.reset_stream(self._stream_id, ErrorCodes.CANCEL)

    def _take_leave(self, frame: Frame) -> None:
        """Take that the server goes: no more requests, and perhaps no answer to the last one."""
        told = GoAway.of(frame)
        if told is None:
            self._break(OutcomeCode.HTTP_MALFORMED)
            return
        self.can_ask = False
        answer = self._answer
        if answer is None:
            return
        answer.needs_http1 = told.error_code == ErrorCodes.HTTP_1_1_REQUIRED
        if told.last_stream_id < self._stream_id or answer.needs_http1:
            self._break(OutcomeCode.HTTP_CLOSED)

    def _exceed(self) -> None:
        answer, self._answer = self._answer, None
        self.can_ask = False
        if answer is not None:
            answer.exceed()

    def _break(self, code: OutcomeCode) -> None:
        answer, self._answer = self._answer, None
        self.can_ask = False
        if answer is not None:
            answer.cut(code)


def _fresh_connection() -> H2Connection:
    """Return a connection that has its preface to send.

    Header fields are held against the rules by the answer, which is as lenient as browsers are.
    """
    connection = H2Connection(
        H2Configuration(validate_inbound_headers=False, normalize_inbound_headers=False)
    )
    connection.local_settings = Settings(client=True, initial_values=_SETTINGS)
    connection.decoder.max_header_list_size = FIELD_LIST_BYTES
    connection.initiate_connection()
    return connection
