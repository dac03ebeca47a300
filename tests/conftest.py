"""For every test: a real Postgres, a database each, a real NATS server; marks are held to."""

import secrets
from collections.abc import Callable, Generator, Iterator

import pytest

from tests import producing
from tests.backends import create_database, drop_database, served_nats, served_postgres

Prepare = Callable[[str], None]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that is marked with an outcome it has not seen."""
    producing.forget()
    ended = yield
    unseen = producing.unseen(item.iter_markers("produces"))
    if unseen:
        pytest.fail(f"the test is to produce {', '.join(unseen)}, and nothing told it")
    return ended


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an administrator of this worker's own Postgres."""
    with served_postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(scope="session")
def nats_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of this worker's own NATS server, with JetStream on disk."""
    with served_nats(tmp_path_factory.mktemp("nats")) as url:
        yield url


@pytest.fixture(scope="session")
def template_database(postgres_server: str) -> Callable[[str, Prepare], str]:
    """Make a template once: call with its name and what fills a database, given its URL."""
    made: set[str] = set()

    def template(name: str, prepare: Prepare) -> str:
        if name not in made:
            prepare(create_database(postgres_server, name))
            made.add(name)
        return name

    return template


@pytest.fixture(scope="session")
def database_template() -> str:
    """The template of database_url; a folder's conftest overrides it to have its tables there.

    There: `return template_database("scheduler", migrate)`, in a session fixture of this name.
    """
    return "template0"


@pytest.fixture
def database_url(postgres_server: str, database_template: str) -> Iterator[str]:
    """The URL of a fresh database, dropped after the test."""
    name = f"test_{secrets.token_hex(6)}"
    yield create_database(postgres_server, name, database_template)
    drop_database(postgres_server, name)
