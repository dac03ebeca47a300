"""Runs the whole system on this machine until told to stop: python -m deploy.local."""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Sequence
from typing import TextIO

from deploy.local.console import Console
from deploy.local.errors import StartError
from deploy.local.first_check import FirstCheckError, perform_check
from deploy.local.options import Options, Variables, parse_options
from deploy.local.report import report_lines
from deploy.local.stack import Stack, running_stack
from deploy.local.supervisor import Supervisor
from deploy.local.welcome import welcome_lines
from outscope.clock import utc_now
from outscope.config import ConfigError
from outscope.lifecycle import EXIT_CONFIG


def main(arguments: Sequence[str]) -> int:
    """Serve until a signal; returns the exit code."""
    variables = Variables()
    try:
        options = parse_options(arguments, variables)
        return asyncio.run(_serve(options, variables))
    except ConfigError as error:
        sys.stderr.write(f"outscope: {error}\n")
        return EXIT_CONFIG
    except StartError as error:
        sys.stderr.write(f"outscope: {error}\n")
        return 1


async def _serve(options: Options, variables: Variables) -> int:
    colour = sys.stderr.isatty() and not variables.text("NO_COLOR", "")
    environment = {**_defaults(options), **variables.all()}
    supervisor = Supervisor(Console(sys.stderr, colour=colour), environment)
    stopped = _stop_on_signals(supervisor)
    try:
        async with running_stack(options, supervisor, environment) as stack:
            await _greet(options, stack, colour=colour)
            await asyncio.Event().wait()  # for ever: a signal cancels this task
    except asyncio.CancelledError:
        if not stopped.is_set():
            raise
    return 0


def _stop_on_signals(supervisor: Supervisor) -> asyncio.Event:
    """End this task in good order at the first signal, and every process at once at a second."""
    loop, serving, stopped = asyncio.get_running_loop(), asyncio.current_task(), asyncio.Event()

    def stop() -> None:
        stopped.set()
        if supervisor.is_stopping:
            supervisor.kill()
        elif serving is not None:
            serving.cancel()

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(signum, stop)
    return stopped


def _defaults(options: Options) -> dict[str, str]:
    """Return settings of the services that suit a terminal, used where none was given."""
    level = "WARNING" if options.first_check else "INFO"  # the report is what is to be read
    return {"OUTSCOPE_LOG_FORMAT": "text", "OUTSCOPE_LOG_LEVEL": level}


async def _greet(options: Options, stack: Stack, *, colour: bool) -> None:
    if options.as_json:
        _print(sys.stdout, [json.dumps(stack.endpoints.as_object())])
    people = sys.stderr if options.as_json else sys.stdout
    if options.first_check:
        _print(people, ["", *await _first_check(stack, colour=colour), ""])
    if not options.as_json:
        _print(people, ["OutScope is up.", "", *welcome_lines(stack.endpoints, stack.target)])


async def _first_check(stack: Stack, *, colour: bool) -> list[str]:
    try:
        check = await perform_check(stack.endpoints, stack.target)
    except FirstCheckError as error:
        return [f"The first check of {stack.target.fqdn} failed: {error}"]
    return report_lines(check, utc_now(), colour=colour)


def _print(stream: TextIO, lines: Sequence[str]) -> None:
    with contextlib.suppress(OSError):  # nobody reads: no reason to stop serving
        stream.write("\n".join(lines) + "\n")
        stream.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
