"""How the command line ends, whatever a command comes to."""

import pytest
from outscope_client.cli import app
from outscope_client.cli.endings import UNDECIDED, USAGE, Ended


def ends_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> int:
    def command(**_: object) -> None:
        raise error

    monkeypatch.setattr(app, "app", command)
    return app.exit_code()


def test_what_a_server_says_of_an_error_moves_no_cursor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends_with(Ended(USAGE, "No\x1b]0;owned\x07\u009b2J\nagain"), monkeypatch) == USAGE
    assert capsys.readouterr().err == "outscope: No\ufffd]0;owned\ufffd\ufffd2J\nagain\n"


def test_what_nobody_thought_of_is_not_taken_for_a_gate_that_is_not_met(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends_with(KeyError("status\x1b[2J"), monkeypatch) == UNDECIDED
    told = capsys.readouterr().err
    assert "KeyError" in told
    assert "\x1b" not in told
