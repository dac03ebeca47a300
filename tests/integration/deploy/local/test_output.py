import asyncio
import io
import os
import time

from deploy.local.console import Console
from deploy.local.output import output_pipe
from deploy.local.prefix import LinePrefixer


async def test_all_that_was_written_is_shown_also_the_last_unfinished_line() -> None:
    stream = io.StringIO()
    async with output_pipe(Console(stream, colour=False), LinePrefixer("p ")) as pipe:
        os.write(pipe.fileno(), b"one\ntwo")
    assert stream.getvalue() == "p one\np two\n"


async def test_one_left_behind_with_the_pipe_does_not_hold_it_up() -> None:
    stream = io.StringIO()
    began = time.monotonic()
    async with output_pipe(Console(stream, colour=False), LinePrefixer("p ")) as pipe:
        kept_open = os.dup(pipe.fileno())
        os.write(kept_open, b"words\n")
    try:
        assert time.monotonic() - began < 3
        assert stream.getvalue() == "p words\n"
    finally:
        os.close(kept_open)


async def test_lines_are_shown_while_the_process_lives() -> None:
    stream = io.StringIO()
    async with output_pipe(Console(stream, colour=False), LinePrefixer("p ")) as pipe:
        os.write(pipe.fileno(), b"early\n")
        async with asyncio.timeout(2):
            while not stream.getvalue():
                await asyncio.sleep(0.01)
