import json
import signal
from pathlib import Path

from tests.integration.deploy.local.conftest import local_command, local_system, until


def test_a_first_check_is_reported_for_people_with_no_internet(
    repository: Path, tmp_path: Path
) -> None:
    command = local_command(tmp_path / "system", "--first-check")
    with local_system(command, repository, tmp_path / "log") as system:
        lines: list[str] = []
        while not lines or not lines[-1].startswith("Ctrl-C"):
            lines.append(system.line())
        text = "\n".join(lines)
        assert "shop.demo.test seen from eu-west-1" in text
        assert "Analyzable" in text
        assert "asks for authentication" in text
        assert "exposes API documentation" in text
        assert "certificate valid" in text
        assert "days left" in text
        assert "200 /login" in text
        assert "curl -s http://127.0.0.1:" in text
        assert system.process.poll() is None
        assert system.end(signal.SIGINT) == 0


def test_a_first_check_that_fails_says_why_and_the_system_goes_on(
    repository: Path, tmp_path: Path, database_url: str, nats_url: str
) -> None:
    settings = {"FQDN": "no.dots..example", "DATABASE_URL": database_url, "NATS_URL": nats_url}
    command = [
        "env",
        *(f"{name}={value}" for name, value in settings.items()),
        *local_command(tmp_path / "system", "--first-check", "--json", "--vantage", "a:1"),
    ]
    with local_system(command, repository, tmp_path / "log") as system:
        endpoints = json.loads(system.line())
        assert (endpoints["pids"]["postgres"], endpoints["pids"]["nats"]) == ([], [])
        assert (endpoints["postgres"], endpoints["nats"]) == (database_url, nats_url)
        failed = "The first check of no.dots..example failed: refused with 400"
        until(lambda: failed in system.log, failed)
        assert system.process.poll() is None
