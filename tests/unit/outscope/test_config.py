from ipaddress import ip_network
from pathlib import Path

import pytest

from outscope.config import ConfigError, Environment


def test_a_missing_setting_takes_its_default() -> None:
    environment = Environment({})
    assert environment.text("NAME", "x") == "x"
    assert environment.integer("COUNT", 5) == 5
    assert environment.seconds("WAIT", 0.5) == 0.5
    assert environment.items("LIST", "a,b") == ("a", "b")
    assert environment.networks("NETS") == ()
    assert environment.file("FILE") is None


def test_a_blank_setting_counts_as_missing() -> None:
    assert Environment({"NAME": "  "}).text("NAME", "x") == "x"


def test_a_required_setting_that_is_missing_is_named() -> None:
    with pytest.raises(ConfigError, match="DATABASE_URL is not set"):
        Environment({}).text("DATABASE_URL")


def test_values_are_read_in_their_types(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    environment = Environment(
        {
            "COUNT": "7",
            "WAIT": "1.5",
            "LIST": " a , ,b ",
            "LISTEN": "[::1]:8080",
            "RESOLVERS": "127.0.0.1:53,10.0.0.1:5353",
            "NETS": "127.0.0.0/8, fd00::/8",
            "FILE": str(bundle),
        }
    )
    assert environment.integer("COUNT", 1) == 7
    assert environment.seconds("WAIT", 1) == 1.5
    assert environment.items("LIST") == ("a", "b")
    assert environment.address("LISTEN", "x:1") == ("::1", 8080)
    assert environment.addresses("RESOLVERS") == (("127.0.0.1", 53), ("10.0.0.1", 5353))
    assert environment.networks("NETS") == (ip_network("127.0.0.0/8"), ip_network("fd00::/8"))
    assert environment.file("FILE") == bundle


@pytest.mark.parametrize("text", ["seven", "1.5", "-1", "11"])
def test_a_bad_number_is_refused_with_its_name_and_value(text: str) -> None:
    with pytest.raises(ConfigError, match="COUNT=.*" + text):
        Environment({"COUNT": text}).integer("COUNT", 1, maximum=10)


@pytest.mark.parametrize("text", ["soon", "-1", "inf", "nan"])
def test_a_bad_duration_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="WAIT"):
        Environment({"WAIT": text}).seconds("WAIT", 1)


@pytest.mark.parametrize("text", ["8080", ":8080", "host:", "host:http", "host:99999"])
def test_a_bad_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="HOST:PORT"):
        Environment({"LISTEN": text}).address("LISTEN", "x:1")


@pytest.mark.parametrize("text", ["127.0.0.1/8", "everything", "127.0.0.0/33"])
def test_a_bad_range_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="CIDR"):
        Environment({"NETS": text}).networks("NETS")


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="no such file"):
        Environment({"FILE": "/nowhere/ca.pem"}).file("FILE")
