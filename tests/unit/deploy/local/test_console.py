import io

from deploy.local.console import Console


class GoneTerminal(io.StringIO):
    def write(self, _: str) -> int:
        raise BrokenPipeError


def test_own_lines_and_those_of_processes_are_aligned() -> None:
    stream = io.StringIO()
    console = Console(stream, colour=False)
    console.make_room(["prober eu-west-1", "nats"])
    console.tell("ready")
    console.write(console.prefixer("nats").feed(b"listening\n"))
    assert stream.getvalue() == "outscope         | ready\nnats             | listening\n"


def test_a_terminal_that_is_gone_stops_nothing() -> None:
    Console(GoneTerminal(), colour=False).tell("ready")


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    stream = io.StringIO()
    console = Console(stream, colour=False)
    console.write(console.prefixer("x").feed(b"\xff\n"))
    assert "\ufffd" in stream.getvalue()
