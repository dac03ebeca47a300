"""Where the address and the key are from, and who can read what is stored."""

import stat
from pathlib import Path

import pytest
from outscope_client.cli.endings import Ended
from outscope_client.cli.profile import is_private, profile_file, profile_from, store_profile


def test_an_option_comes_before_the_environment_and_that_before_what_is_stored(
    tmp_path: Path,
) -> None:
    file = tmp_path / "deep" / "login.json"
    store_profile(file, "https://stored.example", "svc_stored")
    told = {"OUTSCOPE_URL": "https://told.example", "OUTSCOPE_API_KEY": "svc_told"}
    stored = profile_from(None, None, {}, file)
    assert (stored.url, stored.api_key) == ("https://stored.example", "svc_stored")
    assert stored.key_from == str(file)
    environment = profile_from(None, None, told, file)
    assert (environment.url, environment.api_key) == ("https://told.example", "svc_told")
    assert profile_from("https://given.example", None, told, file).url == "https://given.example"
    nothing = profile_from(None, None, {}, tmp_path / "missing")
    assert (nothing.url, nothing.api_key) == ("https://api.outscope.es", "")


@pytest.mark.parametrize("told", ["--url", "OUTSCOPE_URL"])
def test_the_stored_key_is_for_the_stored_server_alone(tmp_path: Path, told: str) -> None:
    file = tmp_path / "login.json"
    store_profile(file, "https://stored.example", "svc_stored")

    def key_for(url: str, api_key: str | None = None) -> str:
        variables = {told: url} if told == "OUTSCOPE_URL" else {}
        return profile_from(None if variables else url, api_key, variables, file).api_key

    assert key_for("https://stored.example/") == "svc_stored"
    for other in ("https://other.example", "http://stored.example", "https://stored.example:444"):
        assert key_for(other) == ""
    assert key_for("https://other.example", "svc_given") == "svc_given"
    for url, stored_for in (
        ("https://other.example", "https://stored.example"),
        ("https://stored.example", ""),
    ):
        assert profile_from(url, None, {}, file).stored_for == stored_for
    assert profile_from("https://other.example", None, {}, tmp_path / "none").stored_for == ""


def test_only_its_owner_can_read_the_stored_key(tmp_path: Path) -> None:
    file = tmp_path / "login.json"
    file.touch(0o644)
    store_profile(file, "https://stored.example", "svc_stored")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert is_private(file)
    assert list(tmp_path.iterdir()) == [file]
    file.chmod(0o640)
    assert not is_private(file)


@pytest.mark.parametrize("text", ["no json", "[1]"])
def test_a_file_that_login_did_not_write_is_said_so(tmp_path: Path, text: str) -> None:
    file = tmp_path / "login.json"
    file.write_text(text)
    with pytest.raises(Ended, match=r"outscope login|run it again"):
        profile_from(None, None, {}, file)


def test_the_file_is_where_the_environment_says() -> None:
    assert profile_file({"OUTSCOPE_CONFIG": "/x/y"}) == Path("/x/y")
    assert profile_file({"XDG_CONFIG_HOME": "/x"}) == Path("/x/outscope/login.json")
    assert profile_file({}).parts[-3:] == (".config", "outscope", "login.json")
