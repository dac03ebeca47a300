from ipaddress import ip_network
from pathlib import Path

import pytest

from outscope.config import ConfigError, Environment, LogSettings, redacted


def test_a_missing_setting_takes_its_default() -> None:
    environment = Environment({})
    assert environment.text("NAME", "x") == "x"
    assert environment.integer("COUNT", 5) == 5
    assert environment.seconds("WAIT", 0.5) == 0.5
    assert environment.items("LIST", "a,b") == ("a", "b")
    assert environment.networks("NETS") == ()
    assert environment.ip_addresses("EGRESS") == ()
    assert environment.file("FILE") is None
    assert environment.optional_address("LISTEN") is None
    assert environment.choice("SIZE", "small", ("small", "large")) == "small"
    assert environment.url("URL", "nats://h:1", schemes=("nats",)) == "nats://h:1"
    assert environment.vantage_points("PLACES", "b,a,b") == ("b", "a")
    assert environment.log_settings() == LogSettings(level="INFO", as_json=True)


def test_a_blank_setting_counts_as_missing() -> None:
    assert Environment({"NAME": "  "}).text("NAME", "x") == "x"


@pytest.mark.parametrize("url", ["https://a.example/bot?x=1", "http://a.example", "mailto:a@b.c"])
def test_a_contact_is_a_url(url: str) -> None:
    assert Environment({"CONTACT": url}).contact_url("CONTACT") == url
    assert Environment({}).contact_url("CONTACT") == ""


@pytest.mark.parametrize(
    "url", ["a.example", "https://a b", "https://a\r\nX: y", "https://a) (", "ftp://a.example"]
)
def test_a_contact_that_is_none_or_would_break_the_header_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match=r"CONTACT=.* must be https"):
        Environment({"CONTACT": url}).contact_url("CONTACT")


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
    assert environment.optional_address("LISTEN") == ("::1", 8080)
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


def test_addresses_are_told_once_in_their_shortest_spelling() -> None:
    told = Environment({"EGRESS": "198.51.100.7, 2001:DB8:0::7,2001:db8::7"})
    assert told.ip_addresses("EGRESS") == ("198.51.100.7", "2001:db8::7")


@pytest.mark.parametrize("text", ["198.51.100.0/24", "egress.example", "198.51.100.7:80", "1.2.3"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=f"EGRESS='{text}' is not an IPv4 or IPv6 address"):
        Environment({"EGRESS": f"198.51.100.7,{text}"}).ip_addresses("EGRESS")


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="no such file"):
        Environment({"FILE": "/nowhere/ca.pem"}).file("FILE")


def test_a_choice_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(ConfigError) as error:
        Environment({"SIZE": "huge"}).choice("SIZE", "small", ("small", "large"))
    assert str(error.value) == "SIZE='huge' must be one of small, large"


@pytest.mark.parametrize(
    ("name", "value"), [("OUTSCOPE_LOG_LEVEL", "banana"), ("OUTSCOPE_LOG_FORMAT", "xml")]
)
def test_logs_are_not_guessed(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}='{value}' must be one of"):
        Environment({name: value}).log_settings()


@pytest.mark.parametrize(
    "text", [":::bad", "host:4222", "http://h:1", "nats://", "nats://h:x", "nats://h:1,nats://i:2"]
)
def test_a_bad_url_is_refused_with_what_it_must_be(text: str) -> None:
    with pytest.raises(ConfigError) as error:
        Environment({"URL": text}).url("URL", "", schemes=("nats", "tls"))
    assert str(error.value) == f"URL={text!r} must be nats://HOST:PORT or tls://HOST:PORT"


@pytest.mark.parametrize(
    "text",
    [
        "nats://user:hunter2@h:x",
        "nats://user:hun/ter2@h:x",
        "host=h password=hunter2 port=x",
        "host=h PASSWORD='hunter2 and more'",
        "host=h password = hunter2 port=x",
        "host=h password=\nhunter2",
        "user:hunter2@h/d",
        "postgresql:/user:hunter2@h/d",
        "postgresql//user:hunter2@h/d",
    ],
)
def test_a_password_in_a_url_is_never_told(text: str) -> None:
    assert "ter2" not in redacted(text)
    with pytest.raises(ConfigError) as error:
        Environment({"URL": text}).url("URL", "", schemes=("nats",))
    assert "ter2" not in str(error.value)


@pytest.mark.parametrize("text", ["eu.west", "EU", "eu-west-1,*", ">"])
def test_what_cannot_name_a_vantage_point_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"PLACES=.*as in eu-west-1"):
        Environment({"PLACES": text}).vantage_points("PLACES", "a")
    with pytest.raises(ConfigError, match=r"PLACE=.*as in eu-west-1"):
        Environment({"PLACE": text}).vantage_point("PLACE")


def test_tags_are_read_in_order_each_once_within_their_bound() -> None:
    environment = Environment({"TAGS": "provider:aws, continent:eu,provider:aws"})
    assert environment.vantage_tags("TAGS") == ("continent:eu", "provider:aws")
    assert Environment({}).vantage_tags("TAGS") == ()
    with pytest.raises(ConfigError, match="TAGS: 'eu' must be key:value"):
        Environment({"TAGS": "continent:eu,eu"}).vantage_tags("TAGS")
    many = ",".join(f"n:{number}" for number in range(17))
    with pytest.raises(ConfigError, match="TAGS: 17 tags are too many; 16 can be told"):
        Environment({"TAGS": many}).vantage_tags("TAGS")


def test_an_account_is_named_by_its_id() -> None:
    account_id = "acc_01k3x8z6q2b4n7m9r5t1v0w3yc"
    assert Environment({"OWNER": account_id}).account("OWNER") == account_id
    assert Environment({}).account("OWNER") == ""
    with pytest.raises(ConfigError, match="OWNER='acme' must be the id of an account, acc_"):
        Environment({"OWNER": "acme"}).account("OWNER")


def test_there_is_at_least_one_vantage_point() -> None:
    with pytest.raises(ConfigError, match="PLACES names no vantage point"):
        Environment({"PLACES": ","}).vantage_points("PLACES", "a")
    with pytest.raises(ConfigError, match="PLACE is not set"):
        Environment({}).vantage_point("PLACE")


ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "looker"}, False),
        (ENDPOINT, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({**ENDPOINT, "OTEL_SDK_DISABLED": "True"}, False),
        ({**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_spans_are_recorded_where_a_collector_is_named(
    variables: dict[str, str], *, expected: bool
) -> None:
    assert Environment(variables).is_traced() is expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
    ],
)
def test_another_way_to_send_spans_is_refused(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        Environment({**ENDPOINT, name: value}).is_traced()
