import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator

from deploy.local.ports import LOOPBACK, free_port
from deploy.local.readiness import in_thread, readyz


@contextlib.asynccontextmanager
async def answering(answer: bytes, asked: list[bytes]) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, LOOPBACK, 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


async def test_only_200_to_readyz_is_ready() -> None:
    asked: list[bytes] = []
    async with answering(b"HTTP/1.1 200 OK\r\n\r\n", asked) as port:
        assert await readyz(port)()
    assert asked == [b"GET /readyz HTTP/1.1\r\n"]
    async with answering(b"HTTP/1.1 503 Service Unavailable\r\n\r\n", asked) as port:
        assert not await readyz(port)()


async def test_silence_garbage_and_nobody_there_are_not_ready() -> None:
    for answer in (b"", b"HTTP\r\n", b"SSH-2.0-server ready\r\n"):
        async with answering(answer, []) as port:
            assert not await readyz(port)()
    assert not await readyz(free_port())()


async def test_a_question_in_a_thread_does_not_hold_up_the_loop() -> None:
    free_to_answer = threading.Event()
    asking = asyncio.ensure_future(in_thread(lambda: free_to_answer.wait(5))())
    await asyncio.sleep(0)
    free_to_answer.set()
    assert await asking
