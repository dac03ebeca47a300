import traceback
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from outscope.config import ConfigError
from services.scheduler.store.url import checked_url, secured_url


@pytest.mark.parametrize(
    "url", ["postgresql://u:p@h:5432/d", "postgres:///d?host=/run", "host=a,b dbname=d"]
)
def test_what_postgres_can_read_is_left_alone(url: str) -> None:
    assert checked_url(url) == url


@pytest.mark.parametrize("url", ["nonsense", "mysql://h/d", "postgresql://h/d?colour=red"])
def test_what_it_cannot_read_is_refused_with_what_it_must_be(url: str) -> None:
    with pytest.raises(ConfigError, match=r"DATABASE_URL=.* must be a Postgres URL, as in"):
        checked_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2@h/d?colour=red",
        "postgresql://u:%zzhunter2@h/d",
        "postgresql:/u:hunter2@h/d",
        "u:hunter2@h/d",
    ],
)
def test_a_password_is_not_told_by_the_error_nor_by_what_led_to_it(url: str) -> None:
    with pytest.raises(ConfigError) as error:
        checked_url(url)
    assert "hunter2" not in "".join(traceback.format_exception(error.value))


FILES = {"ca": Path("/c/ca.crt"), "certificate": Path("/c/tls.crt"), "key": Path("/c/tls.key")}


def test_with_a_certificate_it_is_shown_and_the_name_of_the_server_verified() -> None:
    told = conninfo_to_dict(secured_url("postgresql://u:p@h:5432/d", **FILES))
    assert told == {
        "user": "u",
        "password": "p",
        "host": "h",
        "port": "5432",
        "dbname": "d",
        "sslmode": "verify-full",
        "gssencmode": "disable",
        "sslrootcert": "/c/ca.crt",
        "sslcert": "/c/tls.crt",
        "sslkey": "/c/tls.key",
    }


def test_what_the_url_says_of_tls_stays() -> None:
    url = "postgresql://h/d?sslmode=require&sslcert=/own.crt&sslkey=/own.key"
    told = conninfo_to_dict(secured_url(url, **FILES))
    assert (told["sslmode"], told["sslcert"], told["sslkey"]) == (
        "require",
        "/own.crt",
        "/own.key",
    )
    with pytest.raises(ConfigError):
        secured_url("nonsense", **FILES)
