import pytest

from outscope.config import ConfigError
from services.scheduler.store.url import checked_url


@pytest.mark.parametrize(
    "url", ["postgresql://u:p@h:5432/d", "postgres:///d?host=/run", "host=a,b dbname=d"]
)
def test_what_postgres_can_read_is_left_alone(url: str) -> None:
    assert checked_url(url) == url


@pytest.mark.parametrize("url", ["nonsense", "mysql://h/d", "postgresql://h/d?colour=red"])
def test_what_it_cannot_read_is_refused_with_what_it_must_be(url: str) -> None:
    with pytest.raises(ConfigError, match=r"DATABASE_URL=.* must be a Postgres URL, as in"):
        checked_url(url)


def test_a_password_is_not_told() -> None:
    with pytest.raises(ConfigError) as error:
        checked_url("postgresql://u:hunter2@h/d?colour=red")
    assert "hunter2" not in str(error.value)
