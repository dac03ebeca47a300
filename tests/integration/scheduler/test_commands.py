import pytest

from outscope.clock import utc_now
from outscope.errors import InvalidRequest
from services.scheduler.cli import parser
from services.scheduler.commands import CommandConfig, run_command
from services.scheduler.config import ReplayConfig


async def typed(database_url: str, *words: str) -> str:
    config = CommandConfig(
        database_url=database_url,
        secret_keys=lambda: (),
        replay=lambda: ReplayConfig(nats_url="nats://127.0.0.1:1", check_deadline_s=1.0),
    )
    return await run_command(config, parser().parse_args(words), utc_now)


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (("migrate",), "nothing to apply"),
        (("accounts", "list"), "no account"),
        (("reviews", "list"), "no open review"),
        (("deadletters", "list"), "no dead letter"),
    ],
)
async def test_each_command_goes_to_its_desk(
    database_url: str, words: tuple[str, ...], printed: str
) -> None:
    assert printed in await typed(database_url, *words)


async def test_a_key_that_was_made_is_listed(database_url: str) -> None:
    await typed(database_url, "keys", "create", "--name", "ci")
    assert "ci" in await typed(database_url, "keys", "list")


async def test_the_keys_that_seal_are_read_for_their_command_only(database_url: str) -> None:
    with pytest.raises(InvalidRequest, match="OUTSCOPE_SECRET_KEYS"):
        await typed(database_url, "secrets", "rotate")
