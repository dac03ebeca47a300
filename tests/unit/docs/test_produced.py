from pathlib import Path

import pytest

from docs.produced import Producer, producers

MARKED = """
@produces(OutcomeCode.TCP_REFUSED, FailureReason.INTERNAL)
async def test_a_closed_port_is_refused(): ...

@pytest.mark.parametrize("code", [
    producing(OutcomeCode.TCP_REFUSED, OutcomeCode.OK),
    producing(OutcomeCode.TCP_RESET, 5),
])
def test_each_is_told(code): ...

@pytest.mark.parametrize("code", [OutcomeCode.DNS_REFUSED])
def test_without_a_mark(code): ...
"""


def below(root: Path, path: str, source: str) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source, "utf-8")
    return root


def test_marks_are_read_of_tests_and_of_single_parameter_sets(tmp_path: Path) -> None:
    path = "tests/integration/prober/test_port.py"
    refused = Producer(path=path, name="test_a_closed_port_is_refused")
    each = Producer(path=path, name="test_each_is_told")
    assert producers(below(tmp_path, path, MARKED)) == {
        "OutcomeCode.TCP_REFUSED": (refused, each),
        "FailureReason.INTERNAL": (refused,),
        "OutcomeCode.TCP_RESET": (each,),
    }


def test_a_unit_test_shows_nothing(tmp_path: Path) -> None:
    assert producers(below(tmp_path, "tests/unit/prober/test_port.py", MARKED)) == {}


@pytest.mark.parametrize("code", ["CODE", "server.code", "OutcomeCode[name]", "'tcp_refused'"])
def test_a_code_that_is_not_written_out_is_an_error(tmp_path: Path, code: str) -> None:
    source = f"@produces({code})\ndef test_x(): ...\n"
    with pytest.raises(ValueError, match=r"tests/e2e/test_x\.py:1: write the code out"):
        producers(below(tmp_path, "tests/e2e/test_x.py", source))


def test_what_a_test_states_is_its_name_in_words() -> None:
    assert (
        Producer(path="", name="test_a_closed_port_is_refused").fact == "a closed port is refused"
    )
