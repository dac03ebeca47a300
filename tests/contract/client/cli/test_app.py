"""The command line as a whole, in a real shell."""

from outscope_client import __version__

from tests.contract.client.cli.shell import Shell

COMMANDS = "check gate list show watch explain compare regions usage login doctor webhooks"


def test_help_names_every_command_and_each_explains_itself(shell: Shell) -> None:
    told = shell.run("outscope --help")
    assert told.code == 0
    assert [name for name in COMMANDS.split() if f" {name} " not in told.out] == []
    for name in ("gate", "check"):
        assert "Exit codes: 0" in shell.run(f"outscope {name} --help").out


def test_what_is_wrongly_written_ends_with_3(shell: Shell) -> None:
    assert shell.run("outscope --version").out == f"outscope {__version__}\n"
    assert shell.run("outscope chekc").code == 3
    assert shell.run("outscope list --limit none").code == 3
    assert shell.run("outscope usage", OUTSCOPE_URL="nonsense").code == 3


def test_where_nobody_listens_is_told_in_one_line(shell: Shell) -> None:
    ran = shell.run("outscope --url http://127.0.0.1:1 usage")
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert "http://127.0.0.1:1" in ran.err


def test_a_shell_completes_commands(shell: Shell) -> None:
    script = shell.run("outscope --show-completion bash")
    assert script.code == 0, script.err
    completed = shell.run(
        "outscope", _OUTSCOPE_COMPLETE="complete_bash", COMP_WORDS="outscope ga", COMP_CWORD="1"
    )
    assert completed.out.split() == ["gate"]
