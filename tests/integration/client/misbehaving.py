"""A server that does to each request in turn what a test says, over a real socket."""

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

RESET = "reset"
HANG_UP = "hang up"
CUT = "cut"
# Sends without end, as much as is taken; and little by little.
FLOOD = "flood"
DRIP = "drip"
FLOODED_STREAM = "flooded stream"
SLOW_S = 3.0


@dataclass(frozen=True)
class Answer:
    """One answer, and what is done beside it."""

    status: int = 200
    body: object = field(default_factory=dict)
    headers: Sequence[str] = ()
    delay_s: float = 0.0
    content_type: str = "application/json"

    def as_bytes(self) -> bytes:
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        lines = [
            f"HTTP/1.1 {self.status} X",
            f"content-type: {self.content_type}",
            f"content-length: {len(text.encode())}",
            *self.headers,
        ]
        return ("\r\n".join(lines) + "\r\n\r\n" + text).encode()


Act = Answer | str


@dataclass
class Server:
    """Where it listens, and the requests it was sent: method, path and headers of each."""

    acts: list[Act]
    listening: socket.socket
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    connections: int = 0
    # Of what has no end.
    sent: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(10)
            while (request := self._request(connection)) is not None:
                self.requests.append(request)
                act = self.acts.pop(0)
                if isinstance(act, Answer):
                    time.sleep(act.delay_s)
                    connection.sendall(act.as_bytes())
                    continue
                if act == CUT:
                    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
                if act in {FLOOD, DRIP, FLOODED_STREAM}:
                    self._send_for_ever(connection, act)
                if act == RESET:
                    linger = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                return

    def _send_for_ever(self, connection: socket.socket, act: str) -> None:
        kind = "text/event-stream" if act == FLOODED_STREAM else "application/json"
        connection.sendall(f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n\r\ndata: ".encode())
        part = b" " * (1 if act == DRIP else 1024 * 1024)
        while True:
            connection.sendall(part)
            self.sent += len(part)
            time.sleep(0.05 if act == DRIP else 0)

    def _request(self, connection: socket.socket) -> tuple[str, dict[str, str]] | None:
        received = b""
        while b"\r\n\r\n" not in received:
            part = connection.recv(65536)
            if not part:
                return None
            received += part
        head, _, body = received.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        while len(body) < int(headers.get("content-length", 0)):
            body += connection.recv(65536)
        return first.removesuffix(" HTTP/1.1"), headers


@contextlib.contextmanager
def misbehaving(*acts: Act) -> Iterator[Server]:
    """Listen, and act so one request after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(acts=list(acts), listening=listening, port=listening.getsockname()[1])
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            # Wakes the thread that waits for the next connection.
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            thread.join(5)
