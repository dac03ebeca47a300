import re
from pathlib import Path

import pytest

from deploy.certificates.folder import make_certificates
from deploy.local.options import Options, Variables, parse_options
from outscope.clock import utc_now
from outscope.config import ConfigError, Environment


def parsed(*arguments: str, **variables: str) -> Options:
    return parse_options(arguments, Environment(variables))


def test_without_anything_the_documented_defaults_hold() -> None:
    options = parsed()
    assert options.folder == Path(".outscope")
    assert (options.rest_port, options.grpc_port) == (8080, 50051)
    assert dict(options.vantages) == {"eu-west-1": 1, "us-east-1": 1}
    assert (options.schedulers, options.gateways, options.notifiers) == (1, 1, 1)
    assert (options.resolvers, options.allow_net, options.ca_file) == ((), (), None)
    assert (options.deny_file, options.certificates) == (None, None)
    assert (options.as_json, options.first_check) == (False, False)


def test_every_option_is_taken(tmp_path: Path) -> None:
    list(make_certificates(tmp_path, utc_now()))
    pem = tmp_path / "root.pem"
    pem.touch()
    deny = tmp_path / "deny.txt"
    deny.write_text("*.example.com\n")
    options = parsed(
        *("--deny-file", str(deny), "--certificates", str(tmp_path)),
        *("--data", "d", "--rest-port", "0", "--grpc-port", "7"),
        *("--vantage", "ap-south-1:3", "--vantage", "eu-west-1:0", "--json"),
        *("--schedulers", "2", "--gateways", "3", "--notifiers", "0"),
        *("--resolver", "127.0.0.1:5353", "--resolver", "[::1]:53"),
        *("--allow-net", "127.0.0.0/8", "--allow-net", "fd00::/8", "--ca-file", str(pem)),
    )
    assert options.folder == Path("d")
    assert (options.rest_port, options.grpc_port) == (0, 7)
    assert list(options.vantages.items()) == [("ap-south-1", 3), ("eu-west-1", 0)]
    assert (options.schedulers, options.gateways, options.notifiers) == (2, 3, 0)
    assert options.resolvers == ("127.0.0.1:5353", "[::1]:53")
    assert options.allow_net == ("127.0.0.0/8", "fd00::/8")
    assert options.ca_file == pem
    assert options.deny_file == deny
    assert options.certificates == tmp_path
    assert options.as_json


def test_every_option_has_its_environment_variable(tmp_path: Path) -> None:
    list(make_certificates(tmp_path, utc_now()))
    pem = tmp_path / "root.pem"
    pem.touch()
    deny = tmp_path / "deny.txt"
    deny.touch()
    options = parsed(
        OUTSCOPE_DENY_FILE=str(deny),
        OUTSCOPE_CERTIFICATES=str(tmp_path),
        OUTSCOPE_DATA="d",
        OUTSCOPE_REST_PORT="1",
        OUTSCOPE_GRPC_PORT="2",
        OUTSCOPE_VANTAGE="a:2, b",
        OUTSCOPE_SCHEDULERS="3",
        OUTSCOPE_GATEWAYS="4",
        OUTSCOPE_NOTIFIERS="5",
        OUTSCOPE_RESOLVER="127.0.0.1:5353",
        OUTSCOPE_ALLOW_NET="10.0.0.0/8,127.0.0.0/8",
        OUTSCOPE_CA_FILE=str(pem),
        OUTSCOPE_JSON="1",
        DATABASE_URL="postgresql://x",
        NATS_URL="nats://x",
    )
    assert options.folder == Path("d")
    assert (options.rest_port, options.grpc_port) == (1, 2)
    assert dict(options.vantages) == {"a": 2, "b": 1}
    assert (options.schedulers, options.gateways, options.notifiers) == (3, 4, 5)
    assert options.resolvers == ("127.0.0.1:5353",)
    assert options.allow_net == ("10.0.0.0/8", "127.0.0.0/8")
    assert options.ca_file == pem
    assert options.deny_file == deny
    assert options.as_json
    assert (options.database_url, options.nats_url) == ("postgresql://x", "nats://x")


def test_an_option_wins_over_its_environment_variable() -> None:
    options = parsed(
        *("--rest-port", "9", "--vantage", "b:1"), OUTSCOPE_REST_PORT="1", OUTSCOPE_VANTAGE="a:2"
    )
    assert options.rest_port == 9
    assert dict(options.vantages) == {"b": 1}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--rest-port", "65536"), "--rest-port"),
        (("--rest-port", "http"), "--rest-port"),
        (("--gateways", "0"), "--gateways"),
        (("--schedulers", "0"), "--schedulers"),
        (("--vantage", "EU:1"), "--vantage"),
        (("--vantage", "eu:x"), "--vantage"),
        (("--vantage", "eu:1", "--vantage", "eu:2"), "eu is given twice"),
        (("--resolver", "localhost"), "--resolver"),
        (("--allow-net", "127.0.0.1/8"), "--allow-net"),
        (("--ca-file", "/nowhere/root.pem"), "--ca-file"),
        (("--deny-file", "/nowhere/deny.txt"), "--deny-file"),
    ],
)
def test_an_unusable_value_is_told_in_one_line_with_its_option(
    arguments: tuple[str, ...], named: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        parsed(*arguments)
    assert named in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_bad_deny_list_is_told_before_anything_starts(tmp_path: Path) -> None:
    deny = tmp_path / "deny.txt"
    deny.write_text("example.com\nhttps://example.org\n")
    with pytest.raises(ConfigError, match=r"--deny-file=.*: line 2: .* write one name or range"):
        parsed("--deny-file", str(deny))


def test_all_variables_reach_the_processes() -> None:
    assert Variables({"OUTSCOPE_RATE_LIMIT": "5"}).all() == {"OUTSCOPE_RATE_LIMIT": "5"}


def test_every_option_that_the_usage_says_so_of_can_be_set_by_its_variable(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: set[str] = set()

    class Watched(Environment):
        def text(self, name: str, default: str | None = None) -> str:
            asked.add(name)
            return super().text(name, default)

    with pytest.raises(SystemExit):
        parse_options(["--help"], Watched({}))
    usage = capsys.readouterr().out
    parse_options([], Watched({}))
    options = set(re.findall(r"^ +--([a-z-]+)", usage, re.MULTILINE))
    by_variable = {
        name for name in options if f"OUTSCOPE_{name.upper().replace('-', '_')}" in asked
    }
    assert options - by_variable == {"first-check"}
    assert "Each option but --first-check" in " ".join(usage.split())


def test_a_folder_of_certificates_that_is_not_there_is_told_with_what_makes_it() -> None:
    with pytest.raises(ConfigError, match=r"--certificates.*make certs"):
        parsed("--certificates", "/no/such/folder")
